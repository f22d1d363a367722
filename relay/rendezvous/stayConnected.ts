/** The loop that keeps one control channel registered: it only decides when to dial again. `controlChannel.ts` lives one connection. */
import { backoffMs } from './backoff.ts'
import type { ChannelEnd } from './controlChannel.ts'
import type { ListenerLog, ListenerTimings } from './listenerOptions.ts'

export type StayConnectedOptions = {
  /** One connection, from dialling to its end; never rejects. `onConnected` is called when it is registered. */
  session: (signal: AbortSignal, onConnected: () => void) => Promise<ChannelEnd>
  timings: ListenerTimings
  random: () => number
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
  log: ListenerLog
  channel: number
}

/**
 *   the session ended                    wait before the next
 *   renewed by ourselves                 none
 *   after a stable connection            jitter up to 1 s
 *   otherwise                            jitter up to 1, 2, 4 … 60 s
 *   refused with 401, 403 or 404,        the same up to 5 min, and an alert: somebody must repair it
 *   or by a proxy with 401, 403 or 407
 *
 * Never gives up; ends only by the signal.
 */
export async function stayConnected(options: StayConnectedOptions, signal: AbortSignal): Promise<void> {
  const { timings, channel } = options
  let failures = 0
  while (!signal.aborted) {
    const end = await options.session(signal, () => onConnected(options, failures))
    if (signal.aborted) return
    if (end.kind === 'recycled' || end.connectedMs >= timings.stableAfterMs) failures = 0
    if (end.kind === 'recycled') continue
    const isDenied = isForAPerson(end)
    const capMs = isDenied ? timings.deniedCapMs : timings.backoffCapMs
    const delayMs = backoffMs(failures, { baseMs: timings.backoffBaseMs, capMs }, options.random)
    const level = isDenied ? 'alert' : failures === 0 ? 'warn' : 'debug'
    options.log(level, 'relay.channel.down', {
      channel,
      ...end,
      failures: failures + 1,
      nextTryInMs: delayMs,
    })
    failures += 1
    await options.sleep(delayMs, signal)
  }
}

/** A proxy that refuses an account is asked as rarely, since accounts get locked. */
function isForAPerson({ status = 0, proxyStatus = 0 }: ChannelEnd): boolean {
  return [401, 403, 404].includes(status) || [401, 403, 407].includes(proxyStatus)
}

/** The recovery is logged with what it ended; see also the first failure above. */
function onConnected({ log, channel }: StayConnectedOptions, failures: number): void {
  log('info', 'relay.channel.up', { channel, afterFailures: failures })
}
