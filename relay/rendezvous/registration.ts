/** Which control channels are registered right now, what went wrong last, and whose turn it is to be renewed. */
import type { ChannelEnd } from './controlChannel.ts'

/** `since`: when the first channel of now was registered, or when the last was lost; milliseconds since the epoch. */
export type RegistrationState = {
  connected: number
  since: number
  lastError?: { at: number; reason: string; status?: number; code?: number }
}

/** What one session of one channel tells. */
type SessionRecord = {
  up: () => void
  /** Whether the channel may leave to be renewed. It is a claim: two channels never leave at the same moment. */
  mayRecycle: () => boolean
  end: (end: ChannelEnd) => void
}

export type Registration = { openSession: () => SessionRecord; state: () => RegistrationState }

export function makeRegistration(now: () => number): Registration {
  let connected = 0
  let leaving = 0
  let since = now()
  let lastError: RegistrationState['lastError']
  return {
    state: () => ({ connected, since, ...(lastError === undefined ? {} : { lastError }) }),
    openSession: () => {
      let isUp = false
      let isLeaving = false
      return {
        up: () => {
          isUp = true
          connected += 1
          if (connected === 1) since = now()
        },
        mayRecycle: () => {
          if (connected - leaving < 2) return false
          isLeaving = true
          leaving += 1
          return true
        },
        end: (end) => {
          if (isLeaving) leaving -= 1
          if (isUp) connected -= 1
          if (isUp && connected === 0) since = now()
          if (end.kind === 'failed' || end.kind === 'closed') lastError = errorOf(end, now())
        },
      }
    },
  }
}

function errorOf({ reason, status, code }: ChannelEnd, at: number): NonNullable<RegistrationState['lastError']> {
  return { at, reason, ...(status === undefined ? {} : { status }), ...(code === undefined ? {} : { code }) }
}
