/** Keeps the token of one control channel fresh: the service drops the channel when it ends, and answers a renewal only by silence. */
import type { RelayToken } from '../../protocol/rendezvous.ts'

export type TokenRenewalOptions = {
  first: RelayToken
  /** A new token; may reject. */
  fetchToken: () => Promise<RelayToken>
  /** Gives the service a newer token. */
  send: (token: string) => void
  onProblem: (problem: string) => void
  /** No newer token came in time: the channel should be dialled anew. */
  onStale: () => void
  timings: { renewAtShare: number; giveUpAtShare: number }
  now: () => number
}

const longestTimerMs = 2 ** 31 - 1

/**
 * Fetches at 75 % of the token's life, again every 2 % of it (at most a minute) while that fails or brings nothing newer —
 * credentials cache — and calls `onStale` at 95 %. Returns the function that stops it.
 */
export function renewToken(options: TokenRenewalOptions): () => void {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let current = options.first
  let since = options.now()

  const lifeMs = (): number => Math.max(current.expiresAt - since, 0)
  const wakeIn = (delayMs: number): void => {
    if (!isStopped) timer = setTimeout(() => void attempt(), Math.min(Math.max(delayMs, 0), longestTimerMs))
  }
  const attempt = async (): Promise<void> => {
    const dueAt = since + lifeMs() * options.timings.renewAtShare
    if (options.now() < dueAt) return wakeIn(dueAt - options.now()) // a very long life needs more than one timer
    const problem = await fetchNewer()
    if (isStopped) return
    if (problem === undefined) return wakeIn(lifeMs() * options.timings.renewAtShare)
    options.onProblem(problem)
    const staleAt = since + lifeMs() * options.timings.giveUpAtShare
    if (options.now() >= staleAt) return options.onStale()
    wakeIn(Math.min(lifeMs() / 50, 60_000, staleAt - options.now()))
  }
  const fetchNewer = async (): Promise<string | undefined> => {
    try {
      const next = await options.fetchToken()
      if (isStopped) return undefined
      if (next.expiresAt <= current.expiresAt)
        return 'the token provider gave a token that ends no later than the one in use'
      current = next
      since = options.now()
      options.send(next.token)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  wakeIn(lifeMs() * options.timings.renewAtShare)
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}
