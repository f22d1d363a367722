/** This Node, and the others that Azure runs, where they are at hand (otherNodes.mjs brings them). */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** Version, and the executable; undefined: not here, its tests are skipped. */
export const nodes: readonly (readonly [version: string, node: string | undefined])[] = [
  [process.version, process.execPath],
  ...['22', '24'].map((major) => [`Node ${major}`, findNode(major)] as const),
]

function findNode(major: string): string | undefined {
  const cached = ['bin/node', 'node'].map((file) => resolve(`node_modules/.cache/easgate/node-${major}`, file))
  return [process.env[`EASGATE_NODE_${major}`], ...cached].find((path) => path !== undefined && existsSync(path))
}
