/** The login: a random challenge out, the relay's signed welcome back. What it proves is which key is at the other end, no more. */
import { randomBytes } from 'node:crypto'
import { protocolVersion, type Welcome } from '../../protocol/messages.ts'
import { parseEnvelope, peekRelayBody } from '../../protocol/parse.ts'
import { fingerprintOf, keyRing, open, type Envelope, type KeyRing } from '../../protocol/signing.ts'
import { AppError } from '../errors.ts'
import { refusedError } from './refusedError.ts'
import { lost, type RelaySocket } from './relaySocket.ts'

export interface Greeting {
  readonly welcome: Welcome
  /** Of the key that signed the welcome, and nothing else will be taken in this conversation. */
  readonly fingerprint: string
  readonly keys: KeyRing
}

export interface GreetOptions {
  readonly connectorId: string
  readonly rowCredit: number
  readonly timeoutMs: number
}

/** Throws AppError relayLost for a welcome that proves nothing, relayRefused for a relay that is wrong here or turns us away. */
export async function greetRelay(socket: RelaySocket, options: GreetOptions): Promise<Greeting> {
  const { connectorId, rowCredit } = options
  const challenge = randomBytes(32).toString('base64url')
  socket.send({ type: 'hello', version: protocolVersion, connectorId, challenge, rowCredit })
  const frame = await firstFrame(socket, options.timeoutMs)
  try {
    return verify(frame, challenge, connectorId)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw lost(`its welcome is not valid: ${error instanceof Error ? error.message : String(error)}`, error)
  }
}

async function firstFrame(socket: RelaySocket, timeoutMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<string>((resolve, reject) => {
      timer = setTimeout(() => reject(lost(`it did not answer the hello within ${timeoutMs} ms`)), timeoutMs)
      socket.read({ frame: once(resolve), end: reject })
    })
  } finally {
    clearTimeout(timer)
  }
}

/** The relay speaks only when it is asked to. */
function once(resolve: (frame: string) => void): (frame: string) => void {
  let isFirst = true
  return (frame) => {
    if (!isFirst) throw lost('it sent more than a welcome before it got a batch')
    isFirst = false
    resolve(frame)
  }
}

function verify(frame: string, challenge: string, connectorId: string): Greeting {
  const envelope = parseEnvelope(frame)
  const body = peekRelayBody(envelope)
  // A refusal carries no key to check it with. It can only end the conversation, which whoever forged it could do anyway.
  if (body.type === 'refused') throw refusedError('the hello', body.code, body.message)
  if (body.type !== 'welcome') throw new Error(`it is a ${body.type} message`)
  const keys = keysOf(envelope, body)
  if (body.challenge !== challenge) throw new Error('it answers another challenge: a recorded conversation')
  if (body.seq !== 0) throw new Error(`it has number ${body.seq} instead of 0`)
  if (body.version !== protocolVersion) {
    throw wrongRelay(body, `speaks protocol version ${body.version}, not ${protocolVersion}: update the older side`)
  }
  if (body.connectorId !== connectorId) {
    throw wrongRelay(body, `serves connector ${body.connectorId}, not ${connectorId}: join it to the right connector`)
  }
  return { welcome: body, fingerprint: envelope.key, keys }
}

/** The ring of the one key that the welcome itself carries, once the welcome's signature and fingerprint fit it. */
function keysOf(envelope: Envelope, body: Welcome): KeyRing {
  if (fingerprintOf(body.publicKey) !== envelope.key) throw new Error('its fingerprint is not that of the key in it')
  const keys = keyRing([body.publicKey])
  open(envelope, keys)
  return keys
}

function wrongRelay(welcome: Welcome, what: string): AppError {
  return new AppError('relayRefused', `Relay ${welcome.relay.host} ${what}.`)
}
