/** Everything around easgate on one machine: storage, Exchange, Graph, and the rendezvous where functions and relays meet. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { startAzurite } from './azurite.ts'
import type { Child, ChildOptions } from './child.ts'
import { programFile } from './programFiles.ts'

export interface Surroundings {
  /** Connection string of the storage emulator. */
  readonly storage: string
  readonly exchange: string
  readonly graph: string
  /** `ws://…/$hc/<hybrid connection>` */
  readonly rendezvous: string
}

export interface SurroundingsSettings {
  /** Serialized scenario world: both simulators read it from a file. */
  readonly world: object
  /** For that file. */
  readonly folder: string
  readonly latencyMs: number
  /** The key of the rule `relay` (may listen) and of the rule `cloud` (may send). */
  readonly keys: { readonly listen: string; readonly send: string }
}

const hybridConnection = 'exchange'

/** Resolves when all four serve. */
export async function startSurroundings(
  start: (options: ChildOptions) => Child,
  { world, folder, latencyMs, keys }: SurroundingsSettings,
): Promise<Surroundings> {
  const worldFile = path.join(folder, 'world.json')
  writeFileSync(worldFile, JSON.stringify({ world }))
  const simulator = async (name: string, args: readonly string[]) => {
    const script = programFile(`sim/${name}/main.js`)
    const { port } = await start({ name, script, args: [...common, ...args] }).ready
    return Number(port)
  }
  const rules = ['--listen-key-name', 'relay', '--listen-key', keys.listen, '--send-key-name', 'cloud']
  const [azurite, exchange, graph, rendezvous] = await Promise.all([
    startAzurite(start),
    simulator('exchange', ['--world', worldFile, '--latency-ms', String(latencyMs)]),
    simulator('graph', ['--world', worldFile]),
    simulator('rendezvous', ['--path', hybridConnection, ...rules, '--send-key', keys.send]),
  ])
  return {
    storage: azurite.connectionString,
    exchange: `http://127.0.0.1:${exchange}`,
    graph: `http://127.0.0.1:${graph}`,
    rendezvous: `ws://127.0.0.1:${rendezvous}/$hc/${hybridConnection}`,
  }
}

const common = ['--port', '0', '--print-json', '--with-parent']
