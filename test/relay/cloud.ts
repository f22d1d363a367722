/** The cloud side of a conversation, for tests: says hello, signs batches, checks every answer's signature, challenge and number. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Command } from '../../protocol/checkCommand.ts'
import { protocolVersion, subprotocol, type CommandResult, type RelayBody, type Row } from '../../protocol/messages.ts'
import { parseEnvelope, parseRelayFrame, peekRelayBody } from '../../protocol/parse.ts'
import { keyRing, newKeyPair, seal, signerFrom, type KeyRing, type Signer } from '../../protocol/signing.ts'

export const cloudPair = newKeyPair()
export const cloudSigner = signerFrom(cloudPair.privateKey)
export const connectorId = 'contoso'

export interface Outcomes {
  readonly rows: Row[]
  readonly results: CommandResult[]
  readonly repeated: boolean
}

export class Cloud {
  readonly socket: WebSocket
  readonly challenge = randomUUID()
  readonly bodies: RelayBody[] = []
  nonce = 'not known yet: no welcome'
  closeCode = 0
  /** Answer rows with credit by itself. */
  givesCredit = true
  /** Keep the rows themselves, not only their number. */
  keeps = true
  rowCount = 0
  /** False where the relay cannot know the challenge. */
  expectsChallenge = true
  onRows: (total: number) => void = () => {}
  private keys: KeyRing | undefined
  private readonly waiting: (() => void)[] = []
  private seq = 0
  readonly problems: string[] = []

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url, subprotocol, { headers, perMessageDeflate: false })
    this.socket.binaryType = 'nodebuffer'
    this.socket.on('message', (data: Buffer) => this.onFrame(data.toString('utf8')))
    this.socket.on('close', (code) => {
      this.closeCode = code
      this.onChange()
    })
  }

  async hello(changes: object = {}): Promise<this> {
    await this.opened()
    const hello = { type: 'hello', version: protocolVersion, connectorId, challenge: this.challenge, rowCredit: 2000 }
    this.send({ ...hello, ...changes })
    const welcome = await this.body((body) => body.type === 'welcome' || body.type === 'refused')
    if (welcome.type === 'welcome') this.nonce = welcome.nonce
    return this
  }

  async opened(): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open')
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  batch(commands: readonly Command[], changes: object = {}, signer: Signer = cloudSigner): string {
    const batchId = randomUUID()
    const issuedAt = new Date().toISOString()
    const expiresAt = new Date(Date.now() + 60_000).toISOString()
    const body = { type: 'batch', connectorId, nonce: this.nonce, batchId, issuedAt, expiresAt, commands, ...changes }
    this.send(seal(signer, body))
    return body.batchId
  }

  /** Everything that was said of a batch, when it has ended. */
  async outcomes(batchId: string): Promise<Outcomes> {
    const end = await this.body((body) => body.type === 'end' && body.batchId === batchId)
    const own = this.bodies.filter((body) => 'batchId' in body && body.batchId === batchId)
    return {
      rows: own.flatMap((body) => (body.type === 'rows' ? body.rows : [])),
      results: own.flatMap((body) => (body.type === 'results' ? body.results : [])),
      repeated: end.type === 'end' && end.repeated,
    }
  }

  async run(commands: readonly Command[], changes: object = {}): Promise<Outcomes> {
    return this.outcomes(this.batch(commands, changes))
  }

  async refusal(): Promise<Extract<RelayBody, { type: 'refused' }>> {
    const body = await this.body(({ type }) => type === 'refused')
    if (body.type !== 'refused') throw new Error('unreachable')
    return body
  }

  async body(fits: (body: RelayBody) => boolean): Promise<RelayBody> {
    return this.until(() => this.bodies.find(fits))
  }

  async closed(): Promise<number> {
    return this.until(() => (this.closeCode === 0 ? undefined : this.closeCode))
  }

  async until<T>(value: () => T | undefined): Promise<T> {
    for (;;) {
      const found = value()
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
  }

  private onFrame(frame: string): void {
    const envelope = parseEnvelope(frame)
    const first = peekRelayBody(envelope)
    if (first.type === 'welcome') this.keys = keyRing([first.publicKey])
    const body = this.keys ? parseRelayFrame(frame, this.keys) : first
    if (this.expectsChallenge && body.challenge !== this.challenge)
      this.problems.push(`foreign challenge in ${body.type}`)
    if (body.seq !== this.seq) this.problems.push(`number ${body.seq} where ${this.seq} was due`)
    this.seq += 1
    if (body.type === 'rows') this.onRowsMessage(body.rows.length)
    if (body.type !== 'rows' || this.keeps) this.bodies.push(body)
    this.onChange()
  }

  private onChange(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }

  private onRowsMessage(rows: number): void {
    this.rowCount += rows
    if (this.givesCredit) this.send({ type: 'credit', rows })
    this.onRows(this.rowCount)
  }
}

let nextId = 0
/** A read that behaves as the fixture's script says, for example `rows=5 ms=20`. */
export function read(script: string): Command {
  nextId += 1
  return { id: `r${nextId}`, cmdlet: 'Get-MobileDevice', parameters: { Filter: script } }
}
export function change(script: string): Command {
  nextId += 1
  const parameters = { Identity: `${script} n=${nextId}`, ActiveSyncAllowedDeviceIDs: { Add: ['X'] } }
  return { id: `w${nextId}`, cmdlet: 'Set-CASMailbox', parameters }
}
