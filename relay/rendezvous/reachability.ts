/** Tells once when no channel has been registered for long, and once when one is again: what operators watch for. */
import type { ListenerLog } from './listenerOptions.ts'
import type { RegistrationState } from './registration.ts'

export interface ReachabilityOptions {
  readonly state: () => RegistrationState
  readonly unreachableAfterMs: number
  readonly log: ListenerLog
  readonly now: () => number
}

export interface Reachability {
  /** Call whenever a channel came or went. */
  update: () => void
  stop: () => void
}

/** From the start on: a relay that never gets through is unreachable, too. Its reason is that of the last failure. */
export function watchReachability({ state, unreachableAfterMs, log, now }: ReachabilityOptions): Reachability {
  let timer: NodeJS.Timeout | undefined
  let unreachableSince: number | undefined
  const onLate = (): void => {
    const { since, lastError } = state()
    unreachableSince = since
    log('alert', 'relay.cloud.unreachable', {
      since: new Date(since).toISOString(),
      forMs: now() - since,
      ...(lastError && { lastError: { ...lastError, at: new Date(lastError.at).toISOString() } }),
    })
  }
  const update = (): void => {
    if (state().connected === 0) {
      if (unreachableSince === undefined) timer ??= setTimeout(onLate, unreachableAfterMs).unref()
      return
    }
    clearTimeout(timer)
    timer = undefined
    if (unreachableSince === undefined) return
    log('info', 'relay.cloud.reachable', { afterMs: now() - unreachableSince })
    unreachableSince = undefined
  }
  return { update, stop: () => clearTimeout(timer) }
}
