/** What `bench relay` measures on: a simulated Exchange, a rendezvous, the built relay with a real PowerShell, a conversation with it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { dialRelay } from '../functions/exchange/dialRelay.ts'
import { greetRelay } from '../functions/exchange/greetRelay.ts'
import { RelayChannel } from '../functions/exchange/relayChannel.ts'
import { connect } from '../functions/exchange/rendezvous.ts'
import { limits, subprotocol } from '../protocol/messages.ts'
import { sasTokenProvider } from '../protocol/rendezvous.ts'
import { newKeyPair, signerFrom } from '../protocol/signing.ts'
import { startChild } from '../sim/local/child.ts'
import { startRelay } from '../sim/local/localRelay.ts'
import { programFile, root } from '../sim/local/programFiles.ts'
import { startRendezvous } from '../sim/rendezvous/startRendezvous.ts'

const connectorId = 'bench'
const keys = { listen: 'listen-key', send: 'send-key' }
export const simulatedModule = path.join(root, 'test/relay/fixtures/SimulatedExchange.psm1')

export interface SimulatedExchange {
  readonly url: string
  stop(): Promise<void>
}

/** As a process of its own; mailboxes are numbered from 0. */
export async function startExchange(mailboxes: number, latencyMs: number): Promise<SimulatedExchange> {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-bench-'))
  const world = path.join(folder, 'world.json')
  writeFileSync(world, JSON.stringify({ mailboxes: Array.from({ length: mailboxes }, (_, at) => mailbox(at)) }))
  const args = ['--world', world, '--port', '0', '--print-json', '--with-parent', '--latency-ms', String(latencyMs)]
  const child = startChild({ name: 'exchange', script: programFile('sim/exchange/main.js'), args })
  const { port } = await child.ready
  rmSync(folder, { recursive: true })
  return { url: `http://127.0.0.1:${String(port)}`, stop: () => child.stop() }
}

export function mailboxGuid(at: number): string {
  return `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`
}

function mailbox(at: number): object {
  return { Guid: mailboxGuid(at), PrimarySmtpAddress: `p${at}@contoso.com` }
}

/** Runs `use` in a conversation with a relay that has so many sessions, and stops the relay. */
export async function withRelay<T>(
  settings: { readonly executable: string; readonly exchangeUrl: string; readonly parallel: number },
  use: (channel: RelayChannel) => Promise<T>,
): Promise<T> {
  const { executable, exchangeUrl, parallel } = settings
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-bench-'))
  const rules = [
    { name: 'relay', key: keys.listen, rights: ['listen' as const] },
    { name: 'cloud', key: keys.send, rights: ['send' as const] },
  ]
  const rendezvous = await startRendezvous({ paths: ['exchange'], rules })
  const address = `${rendezvous.url}/$hc/exchange`
  const cloud = newKeyPair()
  const relay = await startRelay(startChild, {
    connectorId,
    folder,
    address,
    listenKey: keys.listen,
    cloudKey: cloud.publicKey,
    exchangeUrl,
    parallel,
    powershell: { executable, modulePath: simulatedModule },
  })
  try {
    return await converse(address, cloud.privateKey, use)
  } finally {
    await relay.child.stop()
    await rendezvous.close()
    rmSync(folder, { recursive: true })
  }
}

async function converse<T>(address: string, privateKey: string, use: (channel: RelayChannel) => Promise<T>) {
  const tokenProvider = sasTokenProvider({ keyName: 'cloud', key: keys.send })
  const open = async () => connect({ address, tokenProvider, subprotocol })
  const socket = await dialRelay(connectorId, { open })
  const { rowCredit, batchLifetimeMs } = limits
  const greeting = await greetRelay(socket, { connectorId, rowCredit, timeoutMs: 10_000 })
  const signer = signerFrom(privateKey)
  const now = () => new Date()
  const channel = new RelayChannel(socket, greeting, {
    connectorId,
    signer,
    now,
    batchLifetimeMs,
    rowCredit,
    silenceMs: 60_000,
  })
  try {
    return await use(channel)
  } finally {
    await socket.close()
  }
}
