/** Puts the adapters together: what lives as long as the process is made once, the rest for each invocation. */
import { createHash, randomUUID } from 'node:crypto'
import { problemText, readConfig, type Config } from './config.ts'
import { readHosting, type Hosting } from './configHosting.ts'
import type { Environment } from './configSetting.ts'
import { AppError } from './errors.ts'
import { relayExchange } from './exchange/relayExchange.ts'
import { graphDirectory } from './graph/graphDirectory.ts'
import type { Anchors, Log, Ports, StepQueue } from './ports.ts'
import type { Store } from './portsStore.ts'
import { compilePattern } from './rules/compilePattern.ts'
import { auditAnchors } from './store/auditAnchors.ts'
import { countedStore } from './store/countedStore.ts'
import { stepQueue } from './store/stepQueue.ts'
import { tableStore } from './store/tableStore.ts'
import { graphCredential, managedIdentity } from './wiringCredential.ts'
import { activationPort } from './wiringActivation.ts'
import { contextLog, type LogTarget } from './wiringLog.ts'
import { openRelaySocket } from './wiringRendezvous.ts'

/** What handlers and API get of the configuration; it is whole or `problems` says why not, and then `ports` throws. */
export interface Wiring {
  readonly hosting: Hosting
  /** As configured, in their order. */
  readonly connectors: readonly { readonly id: string; readonly name: string }[]
  /** What a relay needs to join the connector; null: there is no such connector. */
  readonly joining: (connectorId: string) => Joining | null
  /** Sentences, each naming a setting. */
  readonly problems: readonly string[]
  /** null: no place for the audit's heads is configured. */
  readonly anchors: Anchors | null
  log(context: LogTarget): Log
  /** One set per invocation. Throws AppError badConfiguration. */
  ports(context: LogTarget): Promise<Ports>
}

export interface Joining {
  /** Where its relays wait, and the rule they listen with; its key only where the settings have it. */
  readonly rendezvous: { readonly address: string; readonly keyName: string; readonly key?: string }
  /** Public keys of which one signs every batch. */
  readonly cloudKeys: readonly string[]
}

let ofProcess: Wiring | undefined

/** The wiring of this process, from its environment. */
export function processWiring(): Wiring {
  ofProcess ??= wire(process.env)
  return ofProcess
}

export function wire(env: Environment): Wiring {
  const read = readConfig(env)
  const problems = read.ok ? [] : read.problems.map(problemText)
  let shared: Shared | undefined
  return {
    hosting: readHosting(env),
    connectors: read.ok ? read.config.connectors.map(({ id, name }) => ({ id, name })) : [],
    joining: (connectorId) => (read.ok ? joiningOf(read.config, connectorId) : null),
    problems,
    anchors: read.ok ? anchorsOf(read.config) : null,
    log: contextLog,
    async ports(context) {
      if (!read.ok) throw new AppError('badConfiguration', `the app is not configured: ${problems.join('. ')}`)
      shared ??= share(read.config)
      return portsOf(read.config, shared, contextLog(context))
    },
  }
}

function anchorsOf({ anchors, clientId }: Config): Anchors | null {
  if (!anchors) return null
  const { container, key } = anchors
  return auditAnchors({ container, login: key ?? managedIdentity(clientId) })
}

/** The name of the rule in our own infrastructure. */
const defaultListen = { keyName: 'listen' }

function joiningOf({ connectors, cloudKeys }: Config, connectorId: string): Joining | null {
  const found = connectors.find(({ id }) => id === connectorId)
  if (!found) return null
  const { address, listen = defaultListen } = found.rendezvous
  return { rendezvous: { address, ...listen }, cloudKeys }
}

interface Shared {
  readonly store: Store
  readonly queue: StepQueue
  readonly credential: ReturnType<typeof managedIdentity>
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex')

/** What remembers something worth keeping: that the tables exist, open connections, the identity's tokens. */
function share({ storage, tablePrefix, clientId }: Config): Shared {
  const credential = managedIdentity(clientId)
  const isByKey = 'connectionString' in storage
  const tables = isByKey ? storage.connectionString : { tableEndpoint: storage.tableUri, credential }
  const queues = isByKey ? storage.connectionString : { queueEndpoint: storage.queueUri, credential }
  return {
    store: tableStore({ service: tables, tablePrefix, hash }),
    queue: stepQueue({ service: queues }),
    credential,
  }
}

function portsOf(config: Config, { store: sharedStore, queue, credential }: Shared, log: Log): Ports {
  const clock = { now: () => new Date() }
  const store = countedStore(sharedStore)
  const toGraph = graphCredential(config.graphEndpoint, credential)
  const directory = graphDirectory({ endpoint: config.graphEndpoint, credential: toGraph, log })
  const activation = activationPort(config, toGraph, log)
  const exchange = relayExchange({
    open: openRelaySocket(config, credential),
    signer: config.signer,
    store,
    relays: (connectorId) => store.relays(connectorId),
    sawRelay: (connectorId, relay) => store.sawRelay(connectorId, relay),
    now: clock.now,
    newId: randomUUID,
    log,
  })
  return { exchange, directory, store, queue, activation, clock, log, newId: randomUUID, hash, compilePattern }
}
