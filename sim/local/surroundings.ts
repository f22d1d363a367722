/** Everything around easgate on one machine: storage, Exchange, EWS, Graph, and the rendezvous where functions and relays meet. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { startAzurite } from './azurite.ts'
import type { Child, ChildOptions } from './child.ts'
import { programFile } from './programFiles.ts'

export interface Surroundings {
  /** Connection string of the storage emulator. */
  readonly storage: string
  readonly exchange: string
  /** Autodiscover and EWS of the notification account. */
  readonly ews: string
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
  /** Hybrid connections beside the first one. */
  readonly otherConnections: readonly string[]
  /** The key of the rule `relay` (may listen) and of the rule `cloud` (may send). */
  readonly keys: { readonly listen: string; readonly send: string }
  /** The notification account. */
  readonly mail: MailAccount
}

export interface MailAccount {
  readonly user: string
  readonly password: string
  readonly address: string
}

const hybridConnection = 'exchange'

/** Resolves when all of them serve. */
export async function startSurroundings(
  start: (options: ChildOptions) => Child,
  { world, folder, latencyMs, otherConnections, keys, mail }: SurroundingsSettings,
): Promise<Surroundings> {
  const worldFile = path.join(folder, 'world.json')
  writeFileSync(worldFile, JSON.stringify({ world }))
  const simulator = async (name: string, args: readonly string[]) => {
    const script = programFile(`sim/${name}/main.js`)
    const { port } = await start({ name, script, args: [...common, ...args] }).ready
    return Number(port)
  }
  const paths = [hybridConnection, ...otherConnections].flatMap((name) => ['--path', name])
  const rules = ['--listen-key-name', 'relay', '--listen-key', keys.listen, '--send-key-name', 'cloud']
  const account = ['--user', mail.user, '--password', mail.password, '--address', mail.address]
  const [azurite, exchange, ews, graph, rendezvous] = await Promise.all([
    startAzurite(start),
    simulator('exchange', ['--world', worldFile, '--latency-ms', String(latencyMs)]),
    simulator('ews', account),
    simulator('graph', ['--world', worldFile]),
    simulator('rendezvous', [...paths, ...rules, '--send-key', keys.send]),
  ])
  return {
    storage: azurite.connectionString,
    exchange: `http://127.0.0.1:${exchange}`,
    ews: `http://127.0.0.1:${ews}`,
    graph: `http://127.0.0.1:${graph}`,
    rendezvous: `ws://127.0.0.1:${rendezvous}/$hc/${hybridConnection}`,
  }
}

const common = ['--port', '0', '--print-json', '--with-parent']
