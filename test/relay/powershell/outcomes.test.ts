import { expect, test } from 'vitest'
import type { Failure, Outcome } from '../../../relay/powershell/stepReply.ts'
import { endedForWantOfSession, withReason } from '../../../relay/powershell/outcomes.ts'

const failure: Failure = { category: 'sessionBroken', message: 'EX1 does not answer' }
const ended = (durationMs: number, error: Failure | undefined = failure): Outcome => ({
  ok: error === undefined,
  warnings: [],
  durationMs,
  ...(error && { error }),
})
const shut = { events: [], running: 0, queued: 0, open: 0, failure }

test.each([
  ['in no time, with the reason why no session is open: it never left', ended(0), shut, 'unstarted'],
  ['with that reason after it had run: it is lost', ended(3), shut, 'lost'],
  ['with a reason of its own', ended(0, { category: 'notFound', message: 'no such mailbox' }), shut, undefined],
  ['with the same category and other words', ended(0, { ...failure, message: 'cut in the middle' }), shut, undefined],
  ['while a session is open', ended(0), { ...shut, open: 1 }, undefined],
  ['by a module that does not count its sessions', ended(0), { events: [], running: 0, queued: 0 }, undefined],
  ['well', { ...ended(0), ok: true, error: undefined }, shut, undefined],
])('a command that ends %s', (_title, outcome, reply, expected) => {
  expect(endedForWantOfSession(outcome, reply)).toBe(expected)
})

test.each<[Failure['category'], Failure['category']]>([
  ['accessDenied', 'refused'],
  ['sessionBroken', 'refused'],
  ['childFailed', 'refused'],
  ['other', 'refused'],
  ['throttled', 'throttled'],
  ['shellLimit', 'shellLimit'],
])('for want of a session (%s) a command is answered with %s: it was not started', (category, expected) => {
  const { error } = withReason({ category, message: 'why', retryAfterMs: 5 })
  expect(error).toEqual({ category: expected, message: 'not started: why', retryAfterMs: 5 })
})
