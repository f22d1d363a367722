/** Where this program is installed, and which version it is: the folder above us that holds package.json. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'

const packageFile = z.object({ version: z.string() })

export interface Installed {
  readonly version: string
  /** The PowerShell module that belongs to this version. */
  readonly modulePath: string
}

/** Works from the sources and from dist/ alike. `from` is a file inside the installation. Throws when no package.json is above it. */
export function installed(from: string = fileURLToPath(import.meta.url)): Installed {
  const root = packageRoot(path.dirname(from))
  const { version } = packageFile.parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')))
  return { version, modulePath: path.join(root, 'relay', 'powershell', 'Easgate.psm1') }
}

function packageRoot(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder
  const parent = path.dirname(folder)
  if (parent === folder) throw new Error('easgate is not installed whole: no package.json above its program files')
  return packageRoot(parent)
}
