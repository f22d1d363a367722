/** The real chain: relayExchange, the sender of the rendezvous, the built relay program, a shell, the simulated Exchange. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { relayExchange } from '../../functions/exchange/relayExchange.ts'
import { connect } from '../../functions/exchange/rendezvous.ts'
import type { RelayApproval } from '../../functions/core/relay.ts'
import { sasTokenProvider } from '../../protocol/rendezvous.ts'
import { newKeyPair, signerFrom } from '../../protocol/signing.ts'
import { subprotocol } from '../../protocol/messages.ts'
import { applyPatch, applyRemoval } from '../../sim/exchange/applyPatch.ts'
import { createExchangeServer } from '../../sim/exchange/server.ts'
import { createSimulation } from '../../sim/exchange/simulation.ts'
import { parseWorld } from '../../sim/exchange/world.ts'
import { startRendezvous } from '../../sim/rendezvous/startRendezvous.ts'
import type { Store } from '../../functions/portsStore.ts'
import { fakeStore } from '../fakes/storeFake.ts'
import type { ExchangeSide } from './exchange.ts'

const connectorId = 'contoso'
const listenRule = { name: 'relay', key: 'listen-key', rights: ['listen' as const] }
const sendRule = { name: 'cloud', key: 'send-key', rights: ['send' as const] }
const relayProgram = fileURLToPath(new URL('../../dist/relay/main.js', import.meta.url))
const standIn = fileURLToPath(new URL('../../sim/exchange/pwsh', import.meta.url))

/** The relay's PowerShell, and the module that it loads there; the relay's own where none is named. */
export interface ChainShell {
  readonly executable: string
  readonly modulePath?: string
}

/** What a test adds to the relay's configuration and environment. */
export interface ChainExtras {
  readonly config?: object
  readonly env?: NodeJS.ProcessEnv
  /** Where relays are recorded, and the cloud side's clock; left out: nothing is recorded, and it is now. */
  readonly cloud?: { readonly store: Store; readonly now: () => Date }
}

export interface Chain extends ExchangeSide {
  /** Everything that the simulated Exchange was asked, by whatever shell. */
  exchangeRequests(): number
}

/** Everything on loopback; `close` ends every process. Without `shell`: the stand-in. */
export async function openChain(
  world: unknown,
  shell: ChainShell = { executable: standIn },
  extras: ChainExtras = {},
): Promise<Chain> {
  const simulation = createSimulation(parseWorld(world))
  const server = createExchangeServer(simulation).listen(0, '127.0.0.1')
  let asked = 0
  server.on('request', () => (asked += 1))
  await once(server, 'listening')
  const rendezvous = await startRendezvous({ paths: ['contoso'], rules: [listenRule, sendRule] })
  const address = `${rendezvous.url}/$hc/contoso`
  const cloud = newKeyPair()
  const listensOn = server.address()
  const port = typeof listensOn === 'object' ? listensOn?.port : undefined
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-chain-'))
  const startRelay = relayStarter(folder, {
    address,
    cloudKey: cloud.publicKey,
    exchangeUrl: `http://127.0.0.1:${port}`,
    shell,
    extras,
  })
  let relay = await startRelay()
  const tokenProvider = sasTokenProvider({ keyName: sendRule.name, key: sendRule.key })
  const exchange = relayExchange({
    open: () => connect({ address, tokenProvider, subprotocol, attempts: 1 }),
    signer: signerFrom(cloud.privateKey),
    relays: async (id) => (extras.cloud ? extras.cloud.store.relays(id) : [approved(relay.fingerprint)]),
    sawRelay: async (id, seen) => extras.cloud?.store.sawRelay(id, seen),
    store: extras.cloud?.store ?? fakeStore(),
    now: extras.cloud?.now ?? (() => new Date()),
    newId: randomUUID,
    // Less than the world has, so that a listing that is cut cannot have arrived whole.
    rowCredit: 500,
    log: { info() {}, warn() {}, error() {} },
  })
  return {
    exchange,
    connectorId,
    exchangeRequests: () => asked,
    setLists: async (guid, { allowed, blocked }) => {
      const lists = { ActiveSyncAllowedDeviceIDs: [...allowed], ActiveSyncBlockedDeviceIDs: [...blocked] }
      applyPatch(simulation.exchange, { mailboxes: [{ Guid: guid, ...lists }] })
    },
    removeMailbox: async (guid) => applyRemoval(simulation.exchange, { mailboxes: [guid] }),
    cut: async () => {
      if (rendezvous.faults.killSockets({ kind: 'sender', how: 'rst' }) === 0) throw new Error('nothing to cut')
    },
    async withoutRelay() {
      await stop(relay.child)
      return async () => {
        relay = await startRelay()
      }
    },
    async close() {
      await stop(relay.child)
      await rendezvous.close()
      server.close()
      server.closeAllConnections()
      rmSync(folder, { recursive: true })
    },
  }
}

interface Started {
  readonly child: ChildProcess
  readonly fingerprint: string
}

/** Every start uses the same folder, so the relay keeps its key. */
function relayStarter(
  folder: string,
  given: { address: string; cloudKey: string; exchangeUrl: string; shell: ChainShell; extras: ChainExtras },
): () => Promise<Started> {
  const file = path.join(folder, 'relay.config.json')
  const config = {
    connectorId,
    rendezvous: { address: given.address, keyName: listenRule.name, key: { env: 'EASGATE_LISTEN_KEY' }, channels: 1 },
    cloudKeys: [given.cloudKey],
    stateDir: 'state',
    powershell: { ...given.shell, parallel: 4 },
    connection: { server: 'ex1.contoso.com' },
    log: { file: path.join(folder, 'relay.log') },
    ...given.extras.config,
  }
  writeFileSync(file, JSON.stringify(config))
  return async () => {
    if (!existsSync(relayProgram)) throw new Error(`${relayProgram} is missing: run "npm run build" first`)
    const own = { EASGATE_SIM_EXCHANGE: given.exchangeUrl, EASGATE_LISTEN_KEY: listenRule.key }
    const env = { ...process.env, ...own, ...given.extras.env }
    const child = spawn(process.execPath, [relayProgram, 'run', '--config', file], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    const { fingerprint }: { fingerprint: string } = JSON.parse(String(line))
    return { child, fingerprint }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

function approved(fingerprint: string): RelayApproval {
  const seen = new Date().toISOString()
  return { fingerprint, publicKey: '', state: 'approved', host: null, firstSeen: seen, lastSeen: seen, about: null }
}
