/** Writes a file whole or not at all: beside it, to the disk, then renamed. Readable as `mode` says; on Windows as the folder says. */
import { chmod, open, rename, writeFile } from 'node:fs/promises'

export async function writeWhole(file: string, text: string, mode = 0o600): Promise<void> {
  const beside = `${file}.new`
  await writeFile(beside, text, { mode })
  await chmod(beside, mode)
  const handle = await open(beside, 'r+')
  await handle.sync()
  await handle.close()
  await rename(beside, file)
}
