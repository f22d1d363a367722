/** A simulated Graph and the adapter before it, for the tests of this folder: retries wait for nothing, log lines are kept. */
import type { TokenCredential } from '@azure/core-auth'
import { graphDirectory, type GraphDirectoryOptions } from '../../functions/graph/graphDirectory.ts'
import type { Directory, Page } from '../../functions/portsDirectory.ts'
import { startGraph, type GraphOptions, type SimulatedGraph } from '../../sim/graph/startGraph.ts'
import type { GraphWorld } from '../../sim/graph/world.ts'

export interface OpenGraph {
  readonly graph: SimulatedGraph
  readonly directory: Directory
  readonly logged: readonly { readonly event: string; readonly fields: Record<string, unknown> | undefined }[]
}

export async function withGraph(
  options: GraphOptions & Partial<GraphDirectoryOptions>,
  use: (open: OpenGraph) => Promise<void>,
): Promise<void> {
  const graph = await startGraph(options)
  const logged: { event: string; fields: Record<string, unknown> | undefined }[] = []
  const note = (event: string, fields?: Record<string, unknown>): void => void logged.push({ event, fields })
  const log = { info: note, warn: note, error: note }
  const directory = graphDirectory({ endpoint: graph.url, credential: null, random: () => 0, log, ...options })
  try {
    await use({ graph, directory, logged })
  } finally {
    await graph.close()
  }
}

/** Every item of a listing. */
export async function readAll<T>(read: (cursor: string | null) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await read(cursor)
    items.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  return items
}

/** Users `user 1` … in a group `all`, each with a device. */
export function manyUsers(count: number): GraphWorld {
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  return {
    users: numbers.map((n) => ({ id: `user ${n}`, mail: `user${n}@contoso.com`, displayName: `User ${n}` })),
    groups: [{ id: 'all', members: numbers.map((n) => `user ${n}`) }],
    managedDevices: numbers.map((n) => ({ id: `device ${n}`, userId: `user ${n}`, complianceState: 'compliant' })),
  }
}

/** Gives token-1, token-2, … and says how often it was asked. */
export function countingCredential(lifeMs = 3_600_000): TokenCredential & { readonly asked: () => number } {
  let asked = 0
  return {
    asked: () => asked,
    getToken: async () => {
      asked += 1
      return { token: `token-${asked}`, expiresOnTimestamp: Date.now() + lifeMs }
    },
  }
}
