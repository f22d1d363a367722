/** The control channels registered per hybrid connection: token expiry and renewal, and the choice of who gets the next sender. */
import type { RawData, WebSocket } from 'ws'
import type { TokenVerdict } from './verifyToken.ts'

/** One registered listener. */
export type Listener = { path: string; ws: WebSocket }

export type Listeners = {
  /** Registers a control channel until it closes; `check` judges the tokens of its renewals. */
  add: (listener: Listener, expiresAt: number, check: (token: string) => TokenVerdict) => void
  /** A random listener of the path, as the live service chooses. */
  pick: (path: string) => Listener | undefined
  /** How many listeners each path has. */
  counts: () => Record<string, number>
}

const longestTimerMs = 2 ** 31 - 1

/** `isForgotten`: a listener that the service lost without closing it; see `forgetListeners` of the faults. */
export function makeListeners(
  paths: string[],
  clock: { now: () => number; random: () => number },
  isForgotten: (listener: WebSocket) => boolean,
): Listeners {
  const byPath = new Map(paths.map((path) => [path, new Set<Listener>()]))
  const known = (path: string): Listener[] => [...(byPath.get(path) ?? [])].filter(({ ws }) => !isForgotten(ws))
  return {
    add: (listener, expiresAt, check) => {
      const set = byPath.get(listener.path)
      set?.add(listener)
      const expiry = makeExpiry(listener.ws, clock.now)
      expiry.arm(expiresAt)
      listener.ws.on('message', (data, binary) => {
        const token = binary ? undefined : renewedToken(textOf(data))
        if (token === undefined) return
        const verdict = check(token)
        if (verdict.ok) expiry.arm(verdict.expiresAt)
        else listener.ws.close(1008, verdict.text.slice(0, 120))
      })
      listener.ws.on('close', () => {
        expiry.stop()
        set?.delete(listener)
      })
    },
    pick: (path) => {
      const open = known(path).filter(({ ws }) => ws.readyState === ws.OPEN)
      return open[Math.floor(clock.random() * open.length)]
    },
    counts: () => Object.fromEntries(paths.map((path) => [path, known(path).length])),
  }
}

/** Closes the channel with 1008 when its token ends. */
function makeExpiry(ws: WebSocket, now: () => number): { arm(expiresAt: number): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => clearTimeout(timer)
  return {
    stop,
    arm: (expiresAt) => {
      stop()
      const delayMs = Math.min(Math.max(expiresAt - now(), 0), longestTimerMs)
      timer = setTimeout(() => ws.close(1008, 'ExpiredToken: the token is expired'), delayMs)
    },
  }
}

/** The token of a `renewToken` message; anything else is none of our business. */
function renewedToken(text: string): string | undefined {
  try {
    const message: unknown = JSON.parse(text)
    const renewal = Object(message).renewToken as unknown
    const token: unknown = renewal === undefined ? undefined : Object(renewal).token
    return renewal === undefined ? undefined : String(token)
  } catch {
    return undefined
  }
}

function textOf(data: RawData): string {
  return data instanceof Buffer ? data.toString() : ''
}
