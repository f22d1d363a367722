/** A conversation after its login: signed batches out, verified messages in, credit for rows, and one end for everything. */
import type { Command } from '../../protocol/checkCommand.ts'
import { limits, type Batch, type RelayBody } from '../../protocol/messages.ts'
import { parseRelayFrame } from '../../protocol/parse.ts'
import { seal, type Signer } from '../../protocol/signing.ts'
import { AppError } from '../errors.ts'
import { BatchInbox } from './batchInbox.ts'
import type { Greeting } from './greetRelay.ts'
import { refusedError } from './refusedError.ts'
import { lost, type RelaySocket } from './relaySocket.ts'

export interface ChannelOptions {
  readonly connectorId: string
  /** Of the run that all batches are for. */
  readonly runId?: string | undefined
  readonly signer: Signer
  readonly now: () => Date
  /** How long a batch may wait for its next command to be started; at most limits.batchLifetimeMs. */
  readonly batchLifetimeMs: number
  /** Rows that the relay may send before it is given more; what the hello said. */
  readonly rowCredit: number
  /** How long the relay may say nothing while a batch waits for it. */
  readonly silenceMs: number
  /** Called with the number of commands of every batch that is sent. */
  readonly onBatch?: (commands: number) => void
}

export class RelayChannel {
  readonly #socket: RelaySocket
  readonly #greeting: Greeting
  readonly #options: ChannelOptions
  readonly #batches = new Map<string, BatchInbox>()
  #expectedSeq = 1
  #credit: number
  /** Rows that came and that nobody has dealt with yet. */
  #untaken = 0
  /** Rows that were dealt with and of which the relay has not been told. */
  #owed = 0
  #silence: NodeJS.Timeout | undefined

  constructor(socket: RelaySocket, greeting: Greeting, options: ChannelOptions) {
    this.#socket = socket
    this.#greeting = greeting
    this.#options = options
    this.#credit = options.rowCredit
    socket.read({ frame: (text) => this.#onFrame(text), end: (error) => this.#onEnd(error) })
  }

  /** Signs and sends; the answers come in the inbox that it returns. Throws AppError when the conversation is over or the batch cannot be sent. */
  start(batchId: string, commands: readonly Command[]): BatchInbox {
    if (this.#socket.end) throw this.#socket.end
    if (this.#batches.has(batchId)) throw new AppError('internal', `Batch ${batchId} is running in this conversation.`)
    if (commands.length === 0 || commands.length > limits.commandsPerBatch) throw wrongSize(batchId, commands.length)
    const envelope = seal(this.#options.signer, this.#batch(batchId, commands))
    if (JSON.stringify(envelope).length > limits.frameBytes) throw tooLarge(batchId, commands.length)
    const ids = commands.map((command) => command.id)
    const inbox = new BatchInbox(batchId, ids)
    this.#batches.set(batchId, inbox)
    this.#options.onBatch?.(commands.length)
    this.#socket.send(envelope)
    this.#watch()
    return inbox
  }

  /** The caller has dealt with `rows` rows: the relay may send as many more. */
  take(rows: number): void {
    this.#untaken -= rows
    this.#owed += rows
    // Not a message for every row; the relay keeps at least three quarters of its credit to go on with.
    if (this.#owed < this.#options.rowCredit / 4 || this.#socket.end) return
    this.#socket.send({ type: 'credit', rows: this.#owed })
    this.#credit += this.#owed
    this.#owed = 0
  }

  /** Messages that the relay has signed in this conversation so far: it lives while they become more. */
  get heard(): number {
    return this.#expectedSeq
  }

  /** Ends the conversation for everybody who waits in it. */
  fail(error: AppError): void {
    this.#socket.fail(error)
  }

  #batch(batchId: string, commands: readonly Command[]): Batch {
    const { connectorId, runId, batchLifetimeMs } = this.#options
    const issued = this.#options.now()
    return {
      type: 'batch',
      connectorId,
      nonce: this.#greeting.welcome.nonce,
      batchId,
      issuedAt: issued.toISOString(),
      expiresAt: new Date(issued.getTime() + batchLifetimeMs).toISOString(),
      ...(runId !== undefined && { runId }),
      commands,
    }
  }

  #onFrame(text: string): void {
    const body = this.#verified(text)
    this.#silence?.refresh()
    if (body.type === 'welcome') throw lost('it sent a second welcome')
    if (body.type === 'refused' && body.batchId === null) throw refusedError('a message', body.code, body.message)
    const inbox = this.#batches.get(body.batchId ?? '')
    if (!inbox) throw lost(`it sent ${body.type} for batch ${body.batchId}, which is not running`)
    if (body.type === 'rows') {
      this.#untaken += body.rows.length
      this.#credit -= body.rows.length
      if (this.#credit < 0) throw lost(`it sent ${-this.#credit} rows more than it was given credit for`)
      inbox.rows(body.commandId, body.rows)
    } else if (body.type === 'results') inbox.results(body.results)
    else {
      if (body.type === 'end') inbox.end(body.repeated)
      else inbox.refuse(refusedError(`batch ${body.batchId}`, body.code, body.message))
      this.#batches.delete(inbox.batchId)
      this.#watch()
    }
  }

  /** Signature, challenge and number, in this order; any fault ends the conversation. */
  #verified(text: string): RelayBody {
    const { keys, welcome } = this.#greeting
    const body = parseRelayFrame(text, keys)
    if (body.challenge !== welcome.challenge) throw lost('it sent a message of another conversation')
    if (body.seq !== this.#expectedSeq) {
      throw lost(`message ${this.#expectedSeq} was expected and ${body.seq} came: messages were dropped or repeated`)
    }
    this.#expectedSeq += 1
    return body
  }

  #onEnd(error: AppError): void {
    for (const inbox of this.#batches.values()) inbox.fail(error)
    this.#batches.clear()
    this.#watch()
  }

  /** One timer while batches run: silence means a hung relay, unless it is us who have not taken what it sent. */
  #watch(): void {
    clearTimeout(this.#silence)
    this.#silence = undefined
    if (this.#batches.size === 0) return
    const { silenceMs } = this.#options
    this.#silence = setTimeout(() => {
      if (this.#untaken > 0) this.#watch()
      else this.fail(lost(`it said nothing for ${Math.round(silenceMs / 1000)} s while a batch ran`))
    }, silenceMs)
  }
}

function wrongSize(batchId: string, count: number): AppError {
  return new AppError(
    'internal',
    `Batch ${batchId} has ${count} commands; allowed are 1 to ${limits.commandsPerBatch}.`,
  )
}

function tooLarge(batchId: string, count: number): AppError {
  const limit = `${limits.frameBytes / 1024 / 1024} MB`
  return new AppError(
    'internal',
    `Batch ${batchId} of ${count} commands is larger than ${limit}: make smaller batches.`,
  )
}
