/** Where the built programs lie, for a launcher that runs from the sources or from dist/. */
import { existsSync } from 'node:fs'
import path from 'node:path'

/** The folder of package.json. */
export const root = packageRoot(import.meta.dirname)

/** Absolute path of a built program; throws an Error with the remedy when it has not been built. */
export function programFile(file: string): string {
  const built = path.join(root, 'dist', file)
  if (existsSync(built)) return built
  throw new Error(`${built} is missing: run "npm run build" first`)
}

function packageRoot(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder
  const parent = path.dirname(folder)
  if (parent === folder) throw new Error('no package.json above the launcher')
  return packageRoot(parent)
}
