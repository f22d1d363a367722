/** The relay's listener at Azure Relay: registers, stays registered, and hands every conversation to `onConversation`. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { controlChannel } from './controlChannel.ts'
import { makeConversations } from './conversations.ts'
import { listenerSettings, type ListenerOptions } from './listenerOptions.ts'
import { watchReachability } from './reachability.ts'
import { makeRegistration, type RegistrationState } from './registration.ts'
import { stayConnected } from './stayConnected.ts'

/** `connected` of `channels` are registered; `conversations` are open or being joined. */
export type ListenerState = RegistrationState & { channels: number; conversations: number }

export type Listener = {
  state: () => ListenerState
  /** Stops registering first, lets open conversations finish for `timeoutMs`, then closes what is left with 1001. */
  drain: (timeoutMs: number) => Promise<void>
}

/**
 * Starts at once and never gives up; `state()` tells how it is. Throws only for options that can never work.
 * Two channels are the default: the service restarts each about every 24 hours, and one stays registered meanwhile.
 */
export function listen(options: ListenerOptions): Listener {
  const settings = listenerSettings(options)
  const { timings, now, random, log } = settings
  const stop = new AbortController()
  const conversations = makeConversations(settings)
  const registration = makeRegistration(now)
  const { unreachableAfterMs } = timings
  const reachability = watchReachability({ state: registration.state, unreachableAfterMs, log, now })
  reachability.update()

  const keepChannel = async (channel: number): Promise<void> => {
    const id = randomUUID()
    await sleep(channel * timings.staggerMs, stop.signal)
    const session: Parameters<typeof stayConnected>[0]['session'] = async (signal, onConnected) => {
      const record = registration.openSession()
      const context = { settings, id, onAccept: conversations.onAccept, mayRecycle: record.mayRecycle }
      const end = await controlChannel(context, signal, () => {
        record.up()
        reachability.update()
        onConnected()
      })
      record.end(end)
      reachability.update()
      return end
    }
    await stayConnected({ session, timings, random, sleep, log, channel }, stop.signal)
  }
  const channels = Array.from({ length: settings.channels }, async (_none, channel) => keepChannel(channel))

  return {
    state: () => ({ ...registration.state(), channels: settings.channels, conversations: conversations.size() }),
    drain: async (timeoutMs) => {
      const endsAt = now() + timeoutMs
      stop.abort()
      await Promise.all(channels)
      reachability.stop()
      await conversations.finish(Math.max(endsAt - now(), 0))
    },
  }
}

/** Ends early, without an error, when the signal does. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {})
}
