import { expect, test } from 'vitest'
import { parseRetryAfter, retryDelayMs } from '../../functions/graph/retryStrategy.ts'

const nowMs = Date.parse('2026-11-20T06:00:00Z')
const inSeconds = (seconds: number): string => new Date(nowMs + seconds * 1000).toUTCString()

test.each([
  ['2', 2000],
  ['0', 0],
  [' 30 ', 30_000],
  ['1.5', 1500],
  [inSeconds(3), 3000],
  [inSeconds(-3), 0],
  ['-1', null],
  ['soon', null],
  ['', null],
  [null, null],
])('reads Retry-After %j as %j ms', (value, expected) => {
  expect(parseRetryAfter(value, nowMs)).toBe(expected)
})

/*  status | Retry-After | retry | seconds left | random | wait  */
test.each([
  [429, '7', 0, 60, 0.5, 7000],
  [429, inSeconds(7), 0, 60, 0.5, 7000],
  [429, '59', 0, 60, 0.5, 59_000],
  [429, '60', 0, 60, 0.5, null],
  [429, null, 0, 60, 1, 500],
  [429, null, 0, 60, 0, 0],
  [429, null, 3, 60, 0.5, 2000],
  [429, null, 20, 60, 1, 30_000],
  [429, null, 20, 10, 1, null],
  [503, '1', 0, 60, 1, 1000],
  [500, null, 1, 60, 1, 1000],
  [502, null, 1, 60, 1, 1000],
  [504, '3', 1, 60, 1, 3000],
  [509, null, 1, 60, 1, 1000],
  [408, null, 1, 60, 1, 1000],
  [null, null, 2, 60, 1, 2000],
  [null, null, 2, 0, 0, null],
  [200, null, 0, 60, 1, null],
  [301, null, 0, 60, 1, null],
  [400, '1', 0, 60, 1, null],
  [401, null, 0, 60, 1, null],
  [403, '1', 0, 60, 1, null],
  [404, null, 0, 60, 1, null],
  [410, null, 0, 60, 1, null],
  [501, null, 0, 60, 1, null],
  [505, null, 0, 60, 1, null],
])('after %s with Retry-After %j, retry %i, %i s left, random %d: waits %j ms', (...row) => {
  const [status, retryAfter, retryCount, left, random, expected] = row
  const attempt = { status, retryAfter, retryCount, nowMs, deadlineAtMs: nowMs + left * 1000 }
  expect(retryDelayMs(attempt, () => random)).toBe(expected)
})
