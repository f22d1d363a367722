/** Step: the rendezvous itself, there and back: registers as a listener, and, with a key that may send, calls itself through the service. */
import { sasTokenProvider } from '../../protocol/rendezvous.ts'
import { HandshakeError } from '../../protocol/rendezvousHandshake.ts'
import { remedyFor } from '../rendezvous/remedyFor.ts'
import { bad, good, known, warning, type CheckContext, type Finding } from './checkStep.ts'
import { probeListener, type Probe } from './probeListener.ts'
import { thereAndBack, type Way } from './thereAndBack.ts'

/** With two relays of two channels each, one call in five meets the check: this many miss it once in ten thousand times. */
const tries = 40
const tryMs = 10_000

/*
 * the channel            | a key with Send                 | finding
 * refused, or no answer  |                                 | bad
 * stands                 | none: the own one may not       | good: and says that conversations were not tried
 * stands                 | hears its echo                  | good
 * stands                 | given, but may not send         | bad
 * stands                 | no echo                         | bad: why, from either end
 * stands                 | other listeners took each call  | warning
 */
export async function checkRendezvous(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { address, keyName, key, allowedHostSuffix } = known(context, 'config').rendezvous
  const { agent } = known(context, 'network')
  const tokenProvider = sasTokenProvider({ keyName, key })
  let probe: Probe
  try {
    probe = await probeListener({ address, tokenProvider, agent, allowedHostSuffix, signal })
  } catch (error) {
    return bad(`the rendezvous refused a listener: ${textOf(error)}`, remedyFor(error))
  }
  try {
    const pingMs = await probe.ping()
    await probe.renew()
    await probe.ping()
    const stands = `registered, a ping is answered in ${pingMs} ms, a renewed token is taken`
    const { subprotocol } = probe
    const sendTokens = context.sendKey ? sasTokenProvider(context.sendKey) : tokenProvider
    const way = await thereAndBack({ address, tokenProvider: sendTokens, agent, subprotocol, tries, tryMs, signal })
    return findingOf(stands, way, probe, context.sendKey !== undefined)
  } catch (error) {
    return bad(`the channel was registered, but ${textOf(error)}`, remedyFor(error))
  } finally {
    await probe.close()
  }
}

function findingOf(stands: string, way: Way, probe: Probe, isKeyGiven: boolean): Finding {
  if (way.kind === 'echo') {
    return good(`${stands}; a conversation there and back took ${way.tookMs} ms (try ${way.tries})`)
  }
  if (way.kind === 'missed') {
    return warning(
      `${stands}; other relays of this connector took all ${tries} calls`,
      'Repeat the check, or stop the other relays for it.',
    )
  }
  if (way.kind === 'forbidden') {
    if (isKeyGiven)
      return bad(`${stands}; the key of --send-key-name may not send`, 'Name a rule with the right Send, and its key.')
    return good(
      `${stands}; a conversation was not tried, since this key may only listen (--send-key-name and --send-key-env try it)`,
    )
  }
  const reached = probe.notJoined()
  if (reached)
    return bad(`${stands}; a call came, but the relay could not take it: ${reached.reason}`, reached.remedy ?? gateways)
  return bad(`${stands}; the call to it failed: ${textOf(way.error)}`, callRemedy(way.error))
}

const gateways =
  'Conversations use other hosts than the channel: allow *.servicebus.windows.net:443, not just the name of the namespace.'

/** The service says 404 or 504 of a listener that it has, but that did not take the call. */
function callRemedy(error: unknown): string {
  const isNotTaken = error instanceof HandshakeError && (error.timedOut || error.status === 404 || error.status === 504)
  return isNotTaken ? gateways : (remedyFor(error) ?? gateways)
}

function textOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error)
  const isCut = error instanceof HandshakeError ? said.replace(/\. TrackingId:.*$/s, '') : said
  const id =
    error instanceof HandshakeError && error.trackingId !== undefined ? ` (TrackingId ${error.trackingId})` : ''
  return `${isCut}${id}`
}
