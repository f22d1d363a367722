/** Why a file that a person named could not be read, and what to do about it, as the end of a sentence. */
import path from 'node:path'

export function whyUnreadable(error: unknown, file: string): string {
  const why = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return `there is no ${path.resolve(file)}; check its name and folder`
  if (code === 'EISDIR') return `${file} is a folder; name the file in it`
  if (code === 'EACCES' || code === 'EPERM') return `${why}; give this account the right to read it`
  return why
}
