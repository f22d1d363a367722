import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FailureCategory } from '../../../protocol/messages.ts'
import { failureCategories } from '../../../protocol/messages.ts'
import * as ring from '../../../relay/servers/serverRing.ts'

const minute = 60_000
const start = ring.newRing('ex1', ['ex2', 'ex3'])
const because = (category: FailureCategory) => ({ category, message: 'it says why' })

/** The servers after each failure, and whether each was to be tried at once: `ex2!`. */
function walk(state: ring.RingState, categories: readonly FailureCategory[], everyMs = 1_000): string[] {
  const seen: string[] = []
  for (const [index, category] of categories.entries()) {
    const result = ring.whenFailed(state, because(category), index * everyMs)
    state = result.state
    seen.push(`${state.current}${result.next.isFresh ? '!' : ''}`)
  }
  return seen
}

describe('a failure', () => {
  test.each<[string, FailureCategory[], string[]]>([
    ['of the connection moves to the next, around the ring and back to the primary', broken(7), goAround()],
    ['that nobody knows moves on, too', ['other'], ['ex2!']],
    ['of the credential stays', ['accessDenied', 'accessDenied'], ['ex1', 'ex1']],
    ['of rights stays', ['cmdletHidden', 'parameterHidden'], ['ex1', 'ex1']],
    ['of the child stays', ['childFailed', 'childFailed'], ['ex1', 'ex1']],
    ['by too much load stays for a while', ['throttled', 'shellLimit', 'throttled'], ['ex1', 'ex1', 'ex1']],
  ])('%s', (_title, categories, expected) => {
    expect(walk(start, categories)).toEqual(expected)
  })

  function broken(times: number): FailureCategory[] {
    return Array.from({ length: times }, () => 'sessionBroken')
  }
  function goAround(): string[] {
    return ['ex2!', 'ex3!', 'ex1', 'ex2!', 'ex3!', 'ex1', 'ex2!']
  }

  test('by too much load moves on after two minutes in a row', () => {
    expect(walk(start, ['shellLimit', 'shellLimit', 'throttled'], minute)).toEqual(['ex1', 'ex1', 'ex2!'])
  })

  test('of the credential is tried again after 1, 2, 4, 8 and then every 10 minutes', () => {
    let state = start
    const waits = Array.from({ length: 6 }, () => {
      const result = ring.whenFailed(state, because('accessDenied'), 0)
      state = result.state
      return result.next.waitMs / minute
    })
    expect(waits).toEqual([1, 2, 4, 8, 10, 10])
    expect(ring.whenFailed(ring.whenOpened(state, 0), because('accessDenied'), 0).next.waitMs).toBe(minute)
  })

  test('of a server whose sessions held for a minute begins a new round; of one that broke at once does not', () => {
    const onSecond = ring.whenOpened(ring.whenFailed(start, because('other'), 0).state, 0)
    expect(ring.whenFailed(onSecond, because('other'), minute - 1).state.failed).toEqual(['ex1', 'ex2'])
    expect(ring.whenFailed(onSecond, because('other'), minute).state.failed).toEqual(['ex2'])
  })
})

test('what is in use changes with the first session on another server, and says since when and why', () => {
  let state = ring.whenOpened(start, 10)
  expect(state.used).toEqual({ server: 'ex1', sinceMs: 10, reason: 'it is the configured server' })
  state = ring.whenFailed(state, because('sessionBroken'), 20).state
  expect(state.used?.server).toBe('ex1')
  state = ring.whenOpened(state, 30)
  expect(state.used).toEqual({ server: 'ex2', sinceMs: 30, reason: 'ex1 failed (sessionBroken): it says why' })
  state = ring.whenOpened(ring.whenPrimaryAnswers(state), 40)
  expect(state.used).toEqual({ server: 'ex1', sinceMs: 40, reason: 'the configured server answers again' })
})

test('a primary that was gone for one attempt only has never been left', () => {
  let state = ring.whenOpened(start, 10)
  for (const at of [20, 21, 22]) state = ring.whenFailed(state, because('other'), at).state
  state = ring.whenOpened(state, 30)
  expect(state.used).toMatchObject({ server: 'ex1', sinceMs: 10 })
})

describe('the primary is tried', () => {
  const away = ring.whenOpened(ring.whenFailed(ring.whenOpened(start, 0), because('other'), minute).state, minute)

  test('after 1, 2, 4, 8, 16 and then every 30 minutes', () => {
    let state = away
    const pauses = Array.from({ length: 7 }, () => {
      const pause = ring.trialPauseMs(state) / minute
      state = ring.whenTrialFails(state)
      return pause
    })
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30])
  })

  test('later each time when it opens no session although a trial did', () => {
    let state = away
    const pauses = Array.from({ length: 4 }, () => {
      state = ring.whenFailed(ring.whenPrimaryAnswers(state), because('other'), 0).state
      return ring.trialPauseMs(state) / minute
    })
    expect(pauses).toEqual([2, 4, 8, 16])
  })

  test.each([
    [29, 2],
    [30, 1],
  ])('when it failed again %i minutes after a return: after %i min', (heldMinutes, pause) => {
    const back = ring.whenOpened(ring.whenPrimaryAnswers(away), 0)
    const again = ring.whenFailed(back, because('other'), heldMinutes * minute).state
    expect(ring.trialPauseMs(again) / minute).toBe(pause)
  })
})

test('a server that is no longer eligible is not chosen again', () => {
  const state = ring.whenLearned(ring.whenFailed(start, because('other'), 0).state, ['ex3', 'EX1'])
  expect(state.others).toEqual(['ex3'])
  expect(walk(state, ['other', 'other', 'other', 'other'])).toEqual(['ex3!', 'ex1', 'ex3!', 'ex1'])
})

describe('whatever happens', () => {
  const event = fc.oneof(
    fc.record({ kind: fc.constant('fail' as const), category: fc.constantFrom(...failureCategories) }),
    fc.record({ kind: fc.constantFrom('open' as const, 'answers' as const, 'trialFails' as const) }),
    fc.record({ kind: fc.constant('learn' as const), others: fc.uniqueArray(fc.constantFrom('ex2', 'ex3', 'ex4')) }),
  )
  const story = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 40 * minute })), { maxLength: 60 })
  type Event = typeof event extends fc.Arbitrary<infer T> ? T : never

  function after(state: ring.RingState, told: Event, nowMs: number): ring.RingState {
    if (told.kind === 'fail') return ring.whenFailed(state, because(told.category), nowMs).state
    if (told.kind === 'open') return ring.whenOpened(state, nowMs)
    if (told.kind === 'answers') return ring.whenPrimaryAnswers(state)
    return told.kind === 'learn' ? ring.whenLearned(state, told.others) : ring.whenTrialFails(state)
  }

  function live(events: readonly [Event, number][], visit: (before: ring.RingState, now: ring.RingState) => void) {
    let state = ring.newRing('ex1')
    let nowMs = 0
    for (const [told, ms] of events) {
      nowMs += ms
      const next = after(state, told, nowMs)
      visit(state, next)
      state = next
    }
    return { state, nowMs }
  }

  test('a server is chosen only while it is eligible', () => {
    fc.assert(
      fc.property(story, (events) => {
        live(events, (before, now) => {
          if (now.current !== before.current) expect(['ex1', ...before.others]).toContain(now.current)
        })
      }),
    )
  })

  test('with one server it never changes', () => {
    const alone = fc.array(fc.tuple(event, fc.nat(minute))).map((all) => all.filter(([told]) => told.kind !== 'learn'))
    fc.assert(
      fc.property(alone, (events) => {
        live(events, (_, now) => expect(now.current).toBe('ex1'))
      }),
    )
  })

  test('it returns: when the primary answers, and, without that, when every other one fails', () => {
    fc.assert(
      fc.property(story, (events) => {
        const { state, nowMs } = live(events, () => {})
        expect(ring.whenPrimaryAnswers(state).current).toBe('ex1')
        let falling = state
        const seen = Array.from({ length: state.others.length + 2 }, () => {
          falling = ring.whenFailed(falling, because('sessionBroken'), nowMs).state
          return falling.current
        })
        expect(seen).toContain('ex1')
      }),
    )
  })

  test('the pauses stay within 30 minutes', () => {
    fc.assert(
      fc.property(story, (events) => {
        const pause = ring.trialPauseMs(live(events, () => {}).state)
        expect(pause).toBeGreaterThanOrEqual(minute)
        expect(pause).toBeLessThanOrEqual(30 * minute)
      }),
    )
  })
})
