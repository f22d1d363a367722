/** Reads a file of the relay's own that may not be there yet. */
import { readFile } from 'node:fs/promises'

/** Null: there is no such file. Throws an Error that calls the file `name` and says what to do. */
export async function readIfThere(file: string, name: string = file): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new Error(`${name} cannot be read; give this account the right to read it`, { cause: error })
  }
}
