/** When a request to Graph is sent again: the only place that decides it, for answers and for broken connections. Pure but for its arguments. */
import type { RetryStrategy } from '@azure/core-rest-pipeline'

/*
 *  what came back                    | sent again after
 *  ----------------------------------+------------------------------------------------------------
 *  a retryable status, Retry-After   | exactly that (seconds or date); never if the deadline is earlier
 *  a retryable status, nothing said  | random × min(cap, base × 2^retry): full jitter
 *  no answer (reset, cut, timed out) | the same
 *  any other status                  | never
 */
/** 509 is Graph's bandwidth limit (facts D1); 501 and 505 say never. */
const retryable: readonly number[] = [408, 429, 500, 502, 503, 504, 509]
const baseMs = 500
const capMs = 30_000
/** Tries in all: one more. With full jitter these last half a minute on average. */
export const maxRetries = 7

export function isRetryable(status: number): boolean {
  return retryable.includes(status)
}

/** What says that we ask too much: requests, or bytes. */
export function isThrottling(status: number): boolean {
  return status === 429 || status === 509
}

export interface Attempt {
  /** null: no answer. */
  readonly status: number | null
  readonly retryAfter: string | null
  /** 0 for the first. */
  readonly retryCount: number
  readonly nowMs: number
  /** Nothing is sent later than this. */
  readonly deadlineAtMs: number
}

/** Milliseconds to wait, or null to give up. `random` is in 0–1. */
export function retryDelayMs(attempt: Attempt, random: () => number): number | null {
  if (attempt.status !== null && !isRetryable(attempt.status)) return null
  const asked = parseRetryAfter(attempt.retryAfter, attempt.nowMs)
  const delayMs = asked ?? Math.round(random() * Math.min(capMs, baseMs * 2 ** attempt.retryCount))
  return attempt.nowMs + delayMs < attempt.deadlineAtMs ? delayMs : null
}

/** Retry-After in milliseconds from now: seconds or an HTTP date, 0 where it is past; null where nothing sensible is said. */
export function parseRetryAfter(value: string | null, nowMs: number): number | null {
  const text = value?.trim() ?? ''
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  const date = /\d{4}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}

export interface RetryOptions {
  readonly deadlineAtMs: number
  readonly now: () => number
  readonly random: () => number
  /** `code`: what broke the connection, where there is no status. */
  readonly onRetry: (retry: { status: number | null; code: string | null; delayMs: number }) => void
}

/** The same for the pipeline's retry policy, which does the waiting. */
export function retryStrategy({ deadlineAtMs, now, random, onRetry }: RetryOptions): RetryStrategy {
  return {
    name: 'graphRetryStrategy',
    retry: ({ retryCount, response, responseError }) => {
      const status = response?.status ?? null
      const retryAfter = response?.headers.get('retry-after') ?? null
      const delayMs = retryDelayMs({ status, retryAfter, retryCount, nowMs: now(), deadlineAtMs }, random)
      if (delayMs === null) return { skipStrategy: true }
      onRetry({ status, code: responseError?.code ?? null, delayMs })
      return { retryAfterInMs: delayMs }
    },
  }
}
