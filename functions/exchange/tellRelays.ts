/** Tells the relays of a retired connector so, signed; one counts as told when it says that it has written that down. */
import { limits, type Retired } from '../../protocol/messages.ts'
import { parseRelayFrame } from '../../protocol/parse.ts'
import { seal, type Signer } from '../../protocol/signing.ts'
import type { Retirement } from '../core/run.ts'
import { asAppError } from '../errors.ts'
import type { Log } from '../ports.ts'
import { dialRelay, type DialOptions } from './dialRelay.ts'
import { greetRelay, type Greeting } from './greetRelay.ts'
import { lost, type RelaySocket } from './relaySocket.ts'

export interface TellOptions extends DialOptions {
  readonly signer: Signer
  readonly log: Log
  readonly welcomeTimeoutMs?: number
}

/** As many as Azure Relay spreads conversations over. */
const mostRelays = 25

/**
 * One after the other: whoever was told registers no more, so the next dial reaches another. Approval does not matter: there is nothing in the message
 * to hide. Throws AppError relayLost when one does not confirm; it is told again at the next occasion.
 */
export async function tellRelays(connectorId: string, retired: Retirement, options: TellOptions): Promise<number> {
  for (let told = 0; told < mostRelays; told += 1) {
    try {
      await tellOne(connectorId, retired, options)
    } catch (thrown) {
      const { code } = asAppError(thrown)
      // relayRefused: one that was told and is on its way out
      if (code === 'noRelay' || (code === 'relayRefused' && told > 0)) return told
      throw thrown
    }
    options.log.info('exchange.relayToldRetired', { connectorId, by: retired.by })
  }
  return mostRelays
}

async function tellOne(connectorId: string, { by, at }: Retirement, options: TellOptions): Promise<void> {
  const { signer, welcomeTimeoutMs: timeoutMs = 15_000 } = options
  const socket = await dialRelay(connectorId, options)
  try {
    const greeting = await greetRelay(socket, { connectorId, rowCredit: limits.rowCredit, timeoutMs })
    const message: Retired = { type: 'retired', connectorId, nonce: greeting.welcome.nonce, by, at }
    const confirmed = confirmation(socket, greeting, timeoutMs)
    confirmed.catch(() => undefined) // awaited below, unless sending fails first
    socket.send(seal(signer, message))
    await confirmed
  } finally {
    await socket.close()
  }
}

async function confirmation(socket: RelaySocket, { welcome, keys }: Greeting, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(lost(`it did not confirm its end within ${timeoutMs} ms`)), timeoutMs)
      const frame = (text: string) => {
        const body = parseRelayFrame(text, keys)
        if (body.challenge !== welcome.challenge) throw lost('it sent a message of another conversation')
        if (body.type !== 'refused' || body.code !== 'retired') throw lost(`it answered its end with ${body.type}`)
        resolve()
      }
      socket.read({ frame, end: reject })
    })
  } finally {
    clearTimeout(timer)
  }
}
