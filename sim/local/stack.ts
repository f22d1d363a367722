/** The whole system on one machine: every process started, keys made and approved, policy set; stopped in order. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { newKeyPair } from '../../protocol/signing.ts'
import { appAt, type App } from './app.ts'
import { startAzurite } from './azurite.ts'
import { startChild, type Child, type ChildOptions } from './child.ts'
import { freePort } from './freePort.ts'
import { startFunctions, type FunctionsSettings } from './functionsHost.ts'
import { startRelay, type LocalRelay, type RelaySettings } from './localRelay.ts'
import { programFile } from './programFiles.ts'
import type { ScenarioPolicy } from './scenarioFile.ts'
import { setPolicy } from './setPolicy.ts'

export const connectorId = 'local'

export interface StackOptions extends Pick<FunctionsSettings, 'visibilityMs' | 'retryMs'> {
  /** Serialized scenario world: both simulators read it from a file. */
  readonly world: object
  readonly policy: ScenarioPolicy
  /** Wished for; another free one is taken when it is in use. 0: any. */
  readonly port?: number
  readonly schedules: { readonly full: string; readonly quick: string }
  /** Commands that the relay runs at the same time, 1 to 15. */
  readonly parallel?: number
  readonly latencyMs?: number
  /** Options of Node for the two processes whose memory is bounded in tests and benches. */
  readonly hostNodeOptions?: readonly string[]
  readonly relayNodeOptions?: readonly string[]
  readonly onLine?: (process: string, line: string) => void
}

export interface Stack {
  readonly app: App
  readonly urls: {
    readonly app: string
    readonly exchange: string
    readonly graph: string
    readonly rendezvous: string
  }
  /** Connection string of the storage emulator. */
  readonly storage: string
  /** All that were started, also those that have ended. */
  readonly children: readonly Child[]
  /** The Functions host that was started last. */
  functions(): Child
  /** After the host has ended: another one with the same environment at the same address. Resolves when it serves. */
  startFunctionsAgain(): Promise<void>
  readonly relays: readonly LocalRelay[]
  /** One more relay of the connector, with a key of its own; resolves when it is registered. */
  addRelay(options: { readonly approve: boolean }): Promise<LocalRelay>
  stop(): Promise<void>
}

/** The schedule that never comes (29 February that is a Monday, in 2044): nothing starts but what is asked for. */
export const never = { full: '0 0 0 29 2 1', quick: '0 0 0 29 2 1' }

/** The functions first, so that no run is cut by a missing relay; storage last. */
const stopOrder = [['functions'], ['relay'], ['exchange', 'graph', 'rendezvous'], ['azurite']]

/** Throws when a process does not come up; whatever was started is stopped first. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-'))
  const children: Child[] = []
  const stop = async () => {
    for (const names of stopOrder)
      await Promise.all(children.filter(({ name }) => names.includes(name)).map((child) => child.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  const start = (given: ChildOptions) => {
    const onLine = (line: string) => {
      given.onLine?.(line)
      options.onLine?.(given.name, line)
    }
    const child = startChild({ ...given, onLine, args: [...(given.args ?? []), ...withParent(given.name)] })
    children.push(child)
    return child
  }
  try {
    return { ...(await startAll(options, folder, start)), children, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Azurite does not know the option and is told otherwise (azurite.ts). */
function withParent(name: string): string[] {
  return name === 'azurite' ? [] : ['--with-parent']
}

type Start = (options: ChildOptions) => Child

async function startAll(
  options: StackOptions,
  folder: string,
  start: Start,
): Promise<Omit<Stack, 'children' | 'stop'>> {
  const keys = {
    cloud: newKeyPair(),
    listen: randomBytes(32).toString('base64'),
    send: randomBytes(32).toString('base64'),
  }
  const { storage, ...simulators } = await startSurroundings(options, folder, start, keys)
  const { exchange: exchangeUrl, rendezvous: address } = simulators
  const relays: LocalRelay[] = []
  let relayCount = 0
  const startNextRelay = async (): Promise<LocalRelay> => {
    const settings: RelaySettings = {
      ...{ connectorId, address, listenKey: keys.listen, cloudKey: keys.cloud.publicKey, exchangeUrl },
      folder: path.join(folder, `relay${++relayCount}`),
      parallel: options.parallel ?? 4,
      nodeOptions: options.relayNodeOptions,
    }
    const relay = await startRelay(start, settings)
    relays.push(relay)
    return relay
  }
  const functionsSettings: FunctionsSettings = {
    port: await freePort(options.port ?? 7071),
    env: environment(options, storage, simulators, keys),
    nodeOptions: options.hostNodeOptions,
    visibilityMs: options.visibilityMs,
    retryMs: options.retryMs,
  }
  const [relay, first] = await Promise.all([startNextRelay(), startFunctions(start, functionsSettings)])
  const app = appAt(first.url, connectorId)
  await approve(app, relay)
  await setPolicy(app, connectorId, options.policy)
  let functions = first.child
  return {
    app,
    urls: { app: first.url, ...simulators },
    storage,
    functions: () => functions,
    async startFunctionsAgain() {
      const port = Number(new URL(first.url).port)
      functions = (await startFunctions(start, { ...functionsSettings, port })).child
    },
    relays,
    async addRelay({ approve: isApproved }) {
      const added = await startNextRelay()
      if (isApproved) await approve(app, added)
      return added
    },
  }
}

interface Keys {
  readonly cloud: { readonly publicKey: string; readonly privateKey: string }
  readonly listen: string
  readonly send: string
}

/** Everything that is not easgate: storage, Exchange, Graph, and where functions and relays meet. */
async function startSurroundings(options: StackOptions, folder: string, start: Start, keys: Keys) {
  const worldFile = path.join(folder, 'world.json')
  writeFileSync(worldFile, JSON.stringify({ world: options.world }))
  const simulator = async (name: string, args: readonly string[]) => {
    const script = programFile(`sim/${name}/main.js`)
    const { port } = await start({ name, script, args: ['--port', '0', '--print-json', ...args] }).ready
    return Number(port)
  }
  const hybridConnection = 'exchange'
  const rules = ['--listen-key-name', 'relay', '--listen-key', keys.listen, '--send-key-name', 'cloud']
  const [azurite, exchange, graph, rendezvous] = await Promise.all([
    startAzurite(start),
    simulator('exchange', ['--world', worldFile, '--latency-ms', String(options.latencyMs ?? 0)]),
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

/** The app settings. */
function environment(
  { schedules }: StackOptions,
  storage: string,
  { graph, rendezvous: address }: { readonly graph: string; readonly rendezvous: string },
  keys: Keys,
): Record<string, string> {
  const connector = { id: connectorId, name: 'Local', rendezvous: { address, keyName: 'cloud', key: keys.send } }
  return {
    AzureWebJobsStorage: storage,
    EASGATE_CONNECTORS: JSON.stringify([connector]),
    EASGATE_SIGNING_KEY: keys.cloud.privateKey,
    EASGATE_ADMIN_LOOPBACK: 'true',
    GRAPH_ENDPOINT: graph,
    FULL_SYNC_SCHEDULE: schedules.full,
    QUICK_SYNC_SCHEDULE: schedules.quick,
  }
}

/** An administrator compares the fingerprint that the relay shows with the one here; locally both are ours. */
async function approve(app: App, { fingerprint, publicKey }: LocalRelay): Promise<void> {
  await app.send('POST', `/easgate/connectors/${connectorId}/relays/${fingerprint}/approve`, { publicKey })
}
