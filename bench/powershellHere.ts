/** The real PowerShell of this computer: EASGATE_PWSH, or pwsh on PATH. */
import { existsSync } from 'node:fs'
import path from 'node:path'

export function powershellHere(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { EASGATE_PWSH: named, PATH: folders = '' } = env
  if (named) return named
  const name = process.platform === 'win32' ? 'pwsh.exe' : 'pwsh'
  return folders
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file))
}
