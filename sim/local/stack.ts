/** The whole system on one machine: every process started, keys made and approved, policy set; stopped in order. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { newKeyPair } from '../../protocol/signing.ts'
import { appAt, type App } from './app.ts'
import { startAzurite } from './azurite.ts'
import { startChild, type Child } from './child.ts'
import { freePort } from './freePort.ts'
import type { ScenarioPolicy } from './scenarioFile.ts'
import { setPolicy } from './setPolicy.ts'

export const connectorId = 'local'

export interface StackOptions {
  /** Serialized scenario world: both simulators read it from a file. */
  readonly world: object
  readonly policy: ScenarioPolicy
  /** Wished for; another free one is taken when it is in use. */
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
  readonly children: readonly Child[]
  stop(): Promise<void>
}

const root = path.resolve(import.meta.dirname, '../../..')
const shellStandIn = path.join(root, 'sim/exchange/pwsh')
const script = (file: string) => path.join(root, 'dist', file)
const hybridConnection = 'exchange'

/** Throws when a process does not come up; whatever was started is stopped first. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-'))
  const children: Child[] = []
  const stop = async () => {
    // The functions first, so that no run is cut by a missing relay; storage last
    for (const child of [...children].reverse()) await child.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    return { ...(await startAll(options, folder, children)), children, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startAll(
  options: StackOptions,
  folder: string,
  children: Child[],
): Promise<Pick<Stack, 'app' | 'urls'>> {
  const onLine = (name: string) => (line: string) => options.onLine?.(name, line)
  const worldFile = path.join(folder, 'world.json')
  writeFileSync(worldFile, JSON.stringify({ world: options.world }))
  const keys = {
    cloud: newKeyPair(),
    listen: randomBytes(32).toString('base64'),
    send: randomBytes(32).toString('base64'),
  }

  const start = (
    name: string,
    file: string,
    args: readonly string[],
    more: { env?: Record<string, string>; nodeOptions?: readonly string[] } = {},
  ) => {
    const child = startChild({
      name,
      script: script(file),
      args: [...args, '--with-parent'],
      onLine: onLine(name),
      ...more,
    })
    children.push(child)
    return child
  }
  const simulator = async (name: string, file: string, args: readonly string[]) => {
    const { port } = await start(name, file, ['--port', '0', '--print-json', ...args]).ready
    return Number(port)
  }
  const azuriteStarted = startAzurite(onLine('azurite')).then((azurite) => {
    children.unshift(azurite.child)
    return azurite
  })
  const listenRule = [
    '--listen-key-name',
    'relay',
    '--listen-key',
    keys.listen,
    '--send-key-name',
    'cloud',
    '--send-key',
    keys.send,
  ]
  const [azurite, exchange, graph, rendezvous, port] = await Promise.all([
    azuriteStarted,
    simulator('exchange', 'sim/exchange/main.js', [
      '--world',
      worldFile,
      '--latency-ms',
      String(options.latencyMs ?? 0),
    ]),
    simulator('graph', 'sim/graph/main.js', ['--world', worldFile]),
    simulator('rendezvous', 'sim/rendezvous/main.js', ['--path', hybridConnection, ...listenRule]),
    freePort(options.port ?? 7071),
  ])
  const urls = {
    app: `http://127.0.0.1:${port}`,
    exchange: `http://127.0.0.1:${exchange}`,
    graph: `http://127.0.0.1:${graph}`,
    rendezvous: `ws://127.0.0.1:${rendezvous}/$hc/${hybridConnection}`,
  }

  const relayConfig = path.join(folder, 'relay.config.json')
  writeFileSync(
    relayConfig,
    JSON.stringify(relayConfiguration(urls.rendezvous, keys.listen, keys.cloud.publicKey, options)),
    { mode: 0o600 },
  )
  const relay = start('relay', 'relay/main.js', ['run', '--config', relayConfig], {
    env: { EASGATE_SIM_EXCHANGE: urls.exchange },
    nodeOptions: options.relayNodeOptions ?? [],
  })
  const connectors = [
    { id: connectorId, name: 'Local', rendezvous: { address: urls.rendezvous, keyName: 'cloud', key: keys.send } },
  ]
  const functions = start(
    'functions',
    'sim/host/main.js',
    ['--app', script('functions/app.js'), '--root', root, '--port', String(port), '--queue-poll-ms', '20'],
    {
      nodeOptions: options.hostNodeOptions ?? [],
      env: {
        AzureWebJobsStorage: azurite.connectionString,
        EASGATE_CONNECTORS: JSON.stringify(connectors),
        EASGATE_SIGNING_KEY: keys.cloud.privateKey,
        EASGATE_ADMIN_LOOPBACK: 'true',
      GRAPH_ENDPOINT: urls.graph,
        FULL_SYNC_SCHEDULE: options.schedules.full,
        QUICK_SYNC_SCHEDULE: options.schedules.quick,
      },
    },
  )
  const app = appAt(urls.app, connectorId)
  const functionsEnded = functions.ended.then(() =>
    Promise.reject(new Error(`the Functions host ended before it was ready:\n${functions.lastLines()}`)),
  )
  const [{ fingerprint }] = await Promise.all([relay.ready, Promise.race([hostIsRunning(urls.app), functionsEnded])])
  await approveRelay(app, String(fingerprint), path.join(folder, 'relay'))
  await setPolicy(app, connectorId, options.policy)
  return { app, urls }
}

/** What an administrator's tools would write; the stand-in takes the place of powershell.exe. */
function relayConfiguration(
  address: string,
  listenKey: string,
  cloudKey: string,
  { parallel = 4 }: StackOptions,
): object {
  return {
    connectorId,
    rendezvous: { address, keyName: 'relay', key: listenKey },
    cloudKeys: [cloudKey],
    stateDir: 'relay',
    powershell: { executable: shellStandIn, parallel },
    connection: { server: 'ex1.contoso.com' },
    log: { level: 'warn' },
  }
}

/** An administrator compares the fingerprint that the relay shows with the one here; locally both are ours. */
async function approveRelay(app: App, fingerprint: string, stateFolder: string): Promise<void> {
  const shown = JSON.parse(readFileSync(path.join(stateFolder, 'relay.json'), 'utf8')) as { publicKey: string }
  await app.send('POST', `/easgate/connectors/${connectorId}/relays/${fingerprint}/approve`, {
    publicKey: shown.publicKey,
  })
}

/** Polls the host's own status route: it answers Running once every function is registered. */
async function hostIsRunning(url: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    const state = await fetch(`${url}/admin/host/status`)
      .then(async (response) => (await response.json()) as { state?: string })
      .catch(() => null)
    if (state?.state === 'Running') return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the Functions host at ${url} did not come up within 30 s`)
}
