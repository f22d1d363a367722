/** Makes the package of the Functions app in a temporary folder outside the repository: no node_modules is above it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface Packed {
  readonly folder: string
  /** Of all files together. */
  readonly bytes: number
  readonly zip: string
  readonly zipBytes: number
  readonly sha256: string
}

const script = path.resolve(import.meta.dirname, '../../tools/packageFunctions.mjs')

export function packFunctions(env: NodeJS.ProcessEnv = {}): Packed {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'easgate-packed-')), 'functions')
  const options = { encoding: 'utf8', env: { ...process.env, ...env } } as const
  return JSON.parse(execFileSync(process.execPath, [script, folder], options)) as Packed
}
