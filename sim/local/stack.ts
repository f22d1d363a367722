/** The whole system on one machine: every process started, keys made and approved, policy set; stopped in order. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { newKeyPair } from '../../protocol/signing.ts'
import { appAt, type App } from './app.ts'
import { startChild, type Child, type ChildOptions } from './child.ts'
import { freePort } from './freePort.ts'
import { startFunctions, type FunctionsSettings } from './functionsHost.ts'
import { startRelay, type LocalRelay, type RelaySettings } from './localRelay.ts'
import type { ScenarioPolicy } from './scenarioFile.ts'
import { setPolicy } from './setPolicy.ts'
import { startSurroundings, type MailAccount, type Surroundings } from './surroundings.ts'

export const connectorId = 'local'

export interface StackOptions extends Pick<FunctionsSettings, 'visibilityMs' | 'retryMs' | 'packed'> {
  /** A scenario's world. */
  readonly world: object
  readonly policy: ScenarioPolicy
  /** Wished for; another free one is taken when it is in use. 0: any. */
  readonly port?: number
  /** `presence` left out: as the quick one. */
  readonly schedules: { readonly full: string; readonly quick: string; readonly presence?: string }
  /** Connectors beside the first one, each with a hybrid connection of its own; they have no relay until one is added. */
  readonly otherConnectors?: readonly string[]
  /** What the relays' own configuration allows beyond reading and changing. */
  readonly allow?: RelaySettings['allow']
  /** Commands that the relay runs at the same time, 1 to 15. */
  readonly parallel?: number
  readonly latencyMs?: number
  /** App settings beside those of the stack. */
  readonly settings?: Readonly<Record<string, string>>
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
    /** Mails that were sent: /_sim/mails. */
    readonly ews: string
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
  /** One more relay of a connector (default: the first), with a key of its own; resolves when it is registered. */
  addRelay(options: AddRelayOptions): Promise<LocalRelay>
  stop(): Promise<void>
}

export interface AddRelayOptions {
  readonly approve: boolean
  readonly connectorId?: string
  readonly replace?: boolean
}

/** The schedule that never comes (29 February that is a Monday, in 2044): nothing starts but what is asked for. */
export const never = { full: '0 0 0 29 2 1', quick: '0 0 0 29 2 1' }

/** The functions first, so that no run is cut by a missing relay; storage last. */
const stopOrder = [['functions'], ['relay'], ['exchange', 'ews', 'graph', 'rendezvous'], ['azurite']]

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
    const child = startChild({ ...given, onLine })
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

type Start = (options: ChildOptions) => Child

async function startAll(
  options: StackOptions,
  folder: string,
  start: Start,
): Promise<Omit<Stack, 'children' | 'stop'>> {
  const mail = { user: 'notify', password: newKey(), address: 'notify@contoso.com' }
  const keys = { cloud: newKeyPair(), listen: newKey(), send: newKey(), mail }
  const { world, latencyMs = 0, otherConnectors: otherConnections = [] } = options
  const surroundings = await startSurroundings(start, { world, folder, latencyMs, otherConnections, keys, mail })
  const relays: LocalRelay[] = []
  const startNextRelay = relayStarter(options, folder, start, surroundings, keys)
  const host: FunctionsSettings = {
    port: await freePort(options.port ?? 7071),
    env: { ...environment(options, surroundings, keys), ...options.settings },
    nodeOptions: options.hostNodeOptions,
    visibilityMs: options.visibilityMs,
    retryMs: options.retryMs,
    packed: options.packed,
  }
  const first = { approve: true, connectorId }
  const [relay, { url, child }] = await Promise.all([startNextRelay(first), startFunctions(start, host)])
  const app = appAt(url, connectorId)
  const join = async (added: LocalRelay, { approve, connectorId: id = connectorId }: AddRelayOptions) => {
    relays.push(added)
    if (approve) await approveRelay(app, id, added)
    return added
  }
  await join(relay, first)
  await setPolicy(app, connectorId, options.policy)
  let functions = child
  const { storage, ...simulators } = surroundings
  return {
    app,
    urls: { app: url, ...simulators },
    storage,
    functions: () => functions,
    async startFunctionsAgain() {
      functions = (await startFunctions(start, { ...host, port: Number(new URL(url).port) })).child
    },
    relays,
    addRelay: async (added) => join(await startNextRelay(added), added),
  }
}

interface Keys {
  readonly cloud: { readonly publicKey: string; readonly privateKey: string }
  readonly listen: string
  readonly send: string
  readonly mail: MailAccount
}

const newKey = () => randomBytes(32).toString('base64')

/** Where the relays of a connector wait. */
function addressOf(id: string, first: string): string {
  return id === connectorId ? first : first.replace(/[^/]+$/, id)
}

/** Each call starts one more relay, in a folder of its own. */
function relayStarter(
  options: StackOptions,
  folder: string,
  start: Start,
  { rendezvous, exchange: exchangeUrl, ews: ewsUrl }: Surroundings,
  keys: Keys,
): (added: AddRelayOptions) => Promise<LocalRelay> {
  let count = 0
  return async ({ connectorId: id = connectorId, replace }) =>
    startRelay(start, {
      connectorId: id,
      replace,
      folder: path.join(folder, `relay${++count}`),
      address: addressOf(id, rendezvous),
      listenKey: keys.listen,
      cloudKey: keys.cloud.publicKey,
      exchangeUrl,
      mail: { ...keys.mail, ewsUrl },
      parallel: options.parallel ?? 4,
      allow: options.allow,
      nodeOptions: options.relayNodeOptions,
    })
}

/** The app settings. */
function environment(
  { schedules, otherConnectors = [] }: StackOptions,
  { storage, graph, rendezvous }: Surroundings,
  { cloud, send: key, listen }: Keys,
): Record<string, string> {
  const connector = (id: string, name: string) => {
    const rule = { keyName: 'cloud', key, listen: { keyName: 'relay', key: listen } }
    return { id, name, rendezvous: { address: addressOf(id, rendezvous), ...rule } }
  }
  return {
    AzureWebJobsStorage: storage,
    EASGATE_CONNECTORS: JSON.stringify([
      connector(connectorId, 'Local'),
      ...otherConnectors.map((id) => connector(id, id)),
    ]),
    EASGATE_SIGNING_KEY: cloud.privateKey,
    EASGATE_ADMIN_LOOPBACK: 'true',
    GRAPH_ENDPOINT: graph,
    FULL_SYNC_SCHEDULE: schedules.full,
    QUICK_SYNC_SCHEDULE: schedules.quick,
    PRESENCE_SCHEDULE: schedules.presence ?? schedules.quick,
  }
}

/** An administrator compares the fingerprint that the relay shows with the one here; locally both are ours. */
async function approveRelay(app: App, id: string, { fingerprint, publicKey }: LocalRelay): Promise<void> {
  await app.send('POST', `/easgate/connectors/${id}/relays/${fingerprint}/approve`, { publicKey })
}
