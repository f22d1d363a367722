/**
 * One conversation on the relay's side (the flow is in protocol/messages.ts): hello and welcome, then batches, several at once. Whatever
 * is not understood or not allowed is answered with a signed `refused`, and nothing of it is executed.
 */
import { randomBytes } from 'node:crypto'
import type { RawData, WebSocket } from 'ws'
import { limits, protocolVersion, type Batch, type CloudMessage, type Hello } from '../protocol/messages.ts'
import { isReadBatch, parseBatch, parseCloudMessage } from '../protocol/parse.ts'
import { isRetired, parseRetired } from '../protocol/parseRetired.ts'
import { Refusal, type RefusalCode } from '../protocol/refusal.ts'
import type { Envelope } from '../protocol/signing.ts'
import { Outbox } from './outbox.ts'
import { peekBatchId, peekChallenge } from './peek.ts'
import { retirementText } from './retired.ts'
import { runChanges, runReads } from './runBatch.ts'
import type { SessionContext } from './sessionContext.ts'
import { SignedReplies } from './signedReplies.ts'

/** Batches of one conversation at a time. */
const mostBatches = 8
/** Frames that prove nothing of their sender and were refused; after so many the conversation is closed. */
const mostStrangeFrames = 16
const strange: readonly RefusalCode[] = ['malformed', 'oversized', 'unsigned', 'unknownKey', 'badSignature']

export class Session {
  private readonly socket: WebSocket
  private readonly context: SessionContext
  private readonly replies: SignedReplies
  private readonly nonce = randomBytes(24).toString('base64url')
  private readonly timer: NodeJS.Timeout
  private readonly openedMs: number
  private heardMs: number
  private strangeFrames = 0
  private outbox: Outbox | undefined
  private isDraining = false
  private isClosing = false
  /** What stops each batch when the conversation is lost. */
  private readonly batches = new Map<object, () => void>()
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>

  /** Attaches its handlers at once; `socket` must be open. */
  constructor(socket: WebSocket, context: SessionContext) {
    this.socket = socket
    this.context = context
    this.replies = new SignedReplies(socket, context.signer)
    this.openedMs = this.heardMs = context.now()
    socket.on('message', (data, isBinary) => this.onFrame(data, isBinary))
    socket.on('ping', () => this.heard())
    socket.on('pong', () => this.heard())
    socket.on('error', (error) => context.log.warn({ event: 'relay.conversation.error', problem: error.message }))
    this.closed = new Promise((resolve) => socket.once('close', (code) => resolve(this.onClose(code))))
    const { helloMs, silenceMs, stallMs } = context.times
    this.timer = setInterval(() => this.watch(), Math.min(helloMs, silenceMs, stallMs) / 5).unref()
  }

  /** Takes no more batches; closes with 1001 as soon as the running ones have ended. */
  async drain(): Promise<void> {
    this.isDraining = true
    await Promise.race([this.outbox?.emptied(), this.closed])
    this.close(1001, 'the relay is shutting down')
    await this.closed
  }

  private onFrame(data: RawData, isBinary: boolean): void {
    this.heard()
    if (this.isClosing) return
    let frame = ''
    try {
      frame = textOf(data, isBinary)
      this.onMessage(parseCloudMessage(frame))
    } catch (error) {
      if (error instanceof Refusal) this.refuse(error, frame)
      else this.onFault(error)
    }
  }

  private onMessage(message: CloudMessage): void {
    if (message.type === 'hello') return this.onHello(message)
    if (!this.outbox) throw new Refusal('malformed', `the first message must be hello, not ${message.type}`)
    if (message.type === 'credit') return this.outbox.addCredit(message.rows)
    this.onEnvelope(message, this.outbox)
  }

  private onHello(hello: Hello): void {
    const { connectorId, signer, now, relayInfo } = this.context
    if (this.outbox) throw new Refusal('malformed', 'a second hello in one conversation')
    if (hello.connectorId !== connectorId) {
      throw new Refusal('wrongConnector', `hello for connector ${hello.connectorId}; this relay serves ${connectorId}`)
    }
    this.checkNotRetired()
    if (this.isDraining) throw new Refusal('busy', 'the relay is shutting down')
    const relay = relayInfo()
    const { replies, nonce } = this
    replies.challenge = hello.challenge
    const onReady = () => this.context.runner.wake()
    this.outbox = new Outbox({ replies, rowCredit: hello.rowCredit, onReady, now })
    const { publicKey } = signer
    replies.send({ type: 'welcome', version: protocolVersion, connectorId, nonce, publicKey, relay })
  }

  private onEnvelope(envelope: Envelope, outbox: Outbox): void {
    const { connectorId, cloudKeys, allowed, now } = this.context
    const { nonce } = this
    if (isRetired(envelope)) return this.onRetired(envelope)
    this.checkNotRetired()
    const batch = parseBatch(envelope, { connectorId, nonce, keys: cloudKeys, allowed, nowMs: now() })
    if (this.isDraining) throw new Refusal('busy', 'the relay is shutting down')
    if (this.batches.size >= mostBatches) {
      throw new Refusal('busy', `${this.batches.size} batches are under way in this conversation; wait for an end`)
    }
    const giveBack = this.context.takeRoom(envelope.body.length)
    try {
      this.startBatch(batch, outbox, giveBack)
    } catch (error) {
      giveBack()
      throw error
    }
  }

  /** What runs may end; nothing new is taken, here or in another conversation. Confirmed only when it is written down. */
  private onRetired(envelope: Envelope): void {
    const { connectorId, cloudKeys: keys, retired } = this.context
    const told = parseRetired(envelope, { connectorId, nonce: this.nonce, keys })
    const confirm = (isKept: boolean): void => {
      if (isKept) this.replies.send({ type: 'refused', batchId: null, code: 'retired', message: retirementText(told) })
    }
    void retired.take(told).then(confirm)
  }

  private checkNotRetired(): void {
    const retirement = this.context.retired.current
    if (retirement) throw new Refusal('retired', retirementText(retirement))
  }

  private startBatch(batch: Batch, outbox: Outbox, giveBack: () => void): void {
    const { runner, ledger, log } = this.context
    const id = {}
    const onEnd = () => {
      giveBack()
      this.batches.delete(id)
    }
    const open = isReadBatch(batch) ? undefined : ledger.open(batch)
    const replies = outbox.lane(batch.batchId)
    const isHeld = () => outbox.isHeld
    log.info({
      event: 'relay.batch',
      batchId: batch.batchId,
      runId: batch.runId,
      commands: batch.commands.length,
      repeated: open?.isRepeated,
    })
    this.batches.set(id, giveBack)
    const stop = open
      ? runChanges(batch, { ...open, replies, onEnd })
      : runReads(batch, { runner, replies, isHeld, onEnd })
    if (!this.batches.has(id)) return
    this.batches.set(id, () => {
      giveBack()
      stop()
    })
  }

  private refuse(refusal: Refusal, frame: string): void {
    const isHello = this.outbox === undefined || refusal.message.startsWith('a second hello')
    if (!this.outbox) this.replies.challenge = peekChallenge(frame) ?? this.replies.challenge
    const batchId = peekBatchId(frame) ?? null
    const { code } = refusal
    const message = refusal.message.slice(0, 2_000)
    this.context.log.warn({ event: 'relay.refused', code, batchId, message })
    this.replies.send({ type: 'refused', batchId, code, message })
    if (strange.includes(code)) this.strangeFrames += 1
    if (isHello || this.strangeFrames >= mostStrangeFrames) this.close(1008, code)
  }

  /** A fault of ours ends this conversation and no other. */
  private onFault(error: unknown): void {
    this.context.log.error({ event: 'relay.conversation.fault', err: error })
    this.close(1011, 'internal error')
  }

  private heard(): void {
    this.heardMs = this.context.now()
  }

  private watch(): void {
    const { times, now } = this.context
    const silentMs = now() - this.heardMs
    if (!this.outbox && now() - this.openedMs >= times.helloMs) this.close(1008, 'no hello')
    else if (silentMs >= times.silenceMs) this.close(1001, `nothing came in ${silentMs} ms`)
    else if ((this.outbox?.stalledMs ?? 0) >= times.stallMs) this.close(1008, 'rows were not taken')
  }

  private close(code: number, reason: string): void {
    if (this.isClosing) return
    this.isClosing = true
    this.socket.close(code, reason)
  }

  private onClose(code: number): void {
    this.isClosing = true
    clearInterval(this.timer)
    const { batches } = this
    this.context.log.info({ event: 'relay.conversation.closed', code, batches: batches.size })
    this.outbox?.close()
    for (const stop of batches.values()) stop()
    batches.clear()
    this.context.runner.wake()
  }
}

function textOf(data: RawData, isBinary: boolean): string {
  if (isBinary || !Buffer.isBuffer(data)) throw new Refusal('malformed', 'a binary frame; messages are JSON text')
  if (data.length > limits.frameBytes) {
    throw new Refusal('oversized', `a frame of ${data.length} bytes; the limit is ${limits.frameBytes}`)
  }
  return data.toString('utf8')
}
