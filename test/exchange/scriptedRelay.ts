/** A relay that does exactly what a test says, on a real WebSocket with real signatures: also everything a relay must never do. */
import { EventEmitter, once } from 'node:events'
import { WebSocket, WebSocketServer } from 'ws'
import type { Batch, CommandResult, RelayInfo, Row } from '../../protocol/messages.ts'
import { newKeyPair, seal, signerFrom, type Signer } from '../../protocol/signing.ts'

export interface ScriptedRelayOptions {
  readonly signer?: Signer
  /** Changes to the welcome before it is signed. */
  readonly welcome?: Record<string, unknown>
  /** Changes to the envelope of the welcome after it was signed. */
  readonly welcomeEnvelope?: Record<string, unknown>
  /** Instead of the welcome. */
  readonly onHello?: (talk: Talk) => void
  readonly onBatch?: (batch: Batch, talk: Talk) => void | Promise<void>
}

/** The relay's side of one conversation. */
export interface Talk {
  readonly socket: WebSocket
  /** Of the relay's key. */
  readonly fingerprint: string
  /** Rows that the cloud side has given credit for and that were not sent yet. */
  credit: number
  rowsSent: number
  /** The welcome that it gives where a test says nothing else. */
  welcome(): Record<string, unknown>
  /** Signs with the next number; `changes` go into the body before it is signed. */
  say(body: Record<string, unknown>): void
  /** Waits for credit like an honest relay. */
  rows(batch: Batch, rows: readonly Row[], commandId?: string): Promise<void>
  results(batch: Batch, results: readonly (Partial<CommandResult> & { commandId: string })[]): void
  end(batch: Batch, repeated?: boolean): void
  /** Resolves at the next credit message. */
  credited(): Promise<void>
}

export interface ScriptedRelay {
  readonly signer: Signer
  readonly batches: Batch[]
  readonly hellos: Record<string, unknown>[]
  /** Close codes that the relay saw, in order. */
  readonly closes: number[]
  readonly talks: Talk[]
  /** What the rendezvous would give to the cloud side. */
  open(): Promise<WebSocket>
  /** Sockets that `open` gave. */
  readonly opened: WebSocket[]
  closed(count: number): Promise<void>
  stop(): Promise<void>
}

type RelayLog = Pick<ScriptedRelay, 'batches' | 'hellos' | 'closes' | 'talks' | 'opened'>

export const connectorId = 'con-1'

export async function scriptedRelay(options: ScriptedRelayOptions = {}): Promise<ScriptedRelay> {
  const signer = options.signer ?? signerFrom(newKeyPair().privateKey)
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const log: RelayLog = { batches: [], hellos: [], closes: [], talks: [], opened: [] }
  const closing = new EventEmitter()
  server.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.on('close', (code) => {
      log.closes.push(code)
      closing.emit('close')
    })
    converse(socket, signer, options, log)
  })
  return {
    signer,
    ...log,
    async open() {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
      await once(socket, 'open')
      log.opened.push(socket)
      return socket
    },
    async closed(count) {
      while (log.closes.length < count) await once(closing, 'close')
    },
    async stop() {
      for (const client of server.clients) client.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function converse(socket: WebSocket, signer: Signer, options: ScriptedRelayOptions, log: RelayLog): void {
  const creditWaiters: (() => void)[] = []
  let challenge = ''
  let seq = 0
  const talk: Talk = {
    socket,
    fingerprint: signer.fingerprint,
    credit: 0,
    rowsSent: 0,
    welcome: () => welcomeBody(signer, options.welcome),
    say(body) {
      const whole = { challenge, seq, ...body }
      seq += 1
      const envelope = seal(signer, whole)
      const changed = body['type'] === 'welcome' ? { ...envelope, ...options.welcomeEnvelope } : envelope
      socket.send(JSON.stringify(changed))
    },
    async rows(batch, rows, commandId = batch.commands[0]?.id ?? '') {
      while (talk.credit < rows.length) await talk.credited()
      talk.credit -= rows.length
      talk.rowsSent += rows.length
      talk.say({ type: 'rows', batchId: batch.batchId, commandId, rows })
    },
    results(batch, results) {
      const whole = results.map((result) => ({ ok: true, rowCount: 0, warnings: [], durationMs: 5, ...result }))
      talk.say({ type: 'results', batchId: batch.batchId, results: whole })
    },
    end: (batch, repeated = false) => talk.say({ type: 'end', batchId: batch.batchId, repeated }),
    credited: () => new Promise((resolve) => creditWaiters.push(resolve)),
  }
  log.talks.push(talk)
  socket.on('message', (data: Buffer) => {
    const message: Record<string, unknown> = JSON.parse(data.toString('utf8'))
    if (message['type'] === 'hello') {
      log.hellos.push(message)
      challenge = String(message['challenge'])
      talk.credit = Number(message['rowCredit'])
      if (options.onHello) options.onHello(talk)
      else talk.say(talk.welcome())
    } else if (message['type'] === 'credit') {
      talk.credit += Number(message['rows'])
      for (const resolve of creditWaiters.splice(0)) resolve()
    } else {
      const batch: Batch = JSON.parse(String(message['body']))
      log.batches.push(batch)
      void options.onBatch?.(batch, talk)
    }
  })
}

export const relayInfo: RelayInfo = {
  version: '1.2.3',
  host: 'RELAY01',
  parallel: 4,
  organization: 'Contoso',
  server: 'ex1.contoso.com',
  serverSince: null,
  serverReason: null,
  dialect: 'MobileDevice',
  sendsMail: false,
  replace: false,
}

export function welcomeBody(signer: Signer, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'welcome',
    version: 1,
    connectorId,
    nonce: 'nonce-of-the-relay-0001',
    publicKey: signer.publicKey,
    relay: relayInfo,
    ...changes,
  }
}
