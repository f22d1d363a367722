import { describe, expect, test } from 'vitest'
import {
  noDrift,
  stanceBy,
  withMended,
  withSeen,
  type Drift,
  type DriftLog,
  type Stance,
} from '../../functions/core/drift.ts'

const thing = 'defaultLevel'
const at = (hour: number) => new Date(Date.UTC(2026, 10, 21, hour)).toISOString()
const seen = (found: unknown = 'block', stance: Stance = 'mend'): Drift => ({
  thing,
  expected: 'quarantine',
  found,
  stance,
})

// what | setting | asked by | hours at which it was mended | now | stance
const stances: readonly (readonly [string, 'mend' | 'leave', string, number[], number, Stance])[] = [
  ['never mended', 'mend', 'timer', [], 24, 'mend'],
  ['mended twice', 'mend', 'timer', [22, 23], 24, 'mend'],
  ['mended three times', 'mend', 'timer', [1, 22, 23], 24, 'fighting'],
  ['mended three times, the first a day ago', 'mend', 'timer', [0, 22, 23], 24, 'mend'],
  ['mended three times, and a person asks', 'mend', 'ana', [1, 22, 23], 24, 'mend'],
  ['to be left', 'leave', 'ana', [], 24, 'leave'],
]
test.each(stances)('%s', (_what, setting, askedBy, hours, now, stance) => {
  const log: DriftLog = { entries: [], mends: { [thing]: hours.map(at), other: [at(23), at(23), at(23)] } }
  expect(stanceBy(setting, askedBy, log, at(now))(thing)).toBe(stance)
})

describe('the log', () => {
  test('has one entry for what is seen again and again, and another once it was mended or is something else', () => {
    let log = withSeen(noDrift, [seen('block', 'leave')], 'r1', at(1))
    log = withSeen(log, [seen('block', 'leave')], 'r2', at(2))
    expect(log.entries).toMatchObject([{ state: 'left', firstSeen: at(1), lastSeen: at(2), runId: 'r2' }])
    log = withSeen(log, [seen('allow')], 'r3', at(3))
    log = withMended(log, thing, 'r3', at(3))
    log = withSeen(log, [seen('allow')], 'r4', at(4))
    expect(log.entries.map(({ found, state, firstSeen }) => [found, state, firstSeen])).toEqual([
      ['block', 'left', at(1)],
      ['allow', 'mended', at(3)],
      ['allow', 'seen', at(4)],
    ])
  })

  test('counts a mend once for each run, and forgets it after a day', () => {
    let log = withMended(withSeen(noDrift, [seen()], 'r1', at(1)), thing, 'r1', at(1))
    expect(withMended(log, thing, 'r1', at(2))).toBe(log)
    expect(withSeen(log, [seen()], 'r1', at(2)).entries).toEqual(log.entries)
    log = withMended(withSeen(log, [seen()], 'r2', at(25)), thing, 'r2', at(25))
    expect(log.mends).toEqual({ [thing]: [at(25)] })
  })

  test('keeps the newest entries that fit into a row', () => {
    const many = Array.from({ length: 300 }, (_, index) => seen(index))
    const log = many.reduce((so, drift, index) => withSeen(so, [drift], `r${index}`, at(1)), noDrift)
    expect([log.entries.length, log.entries.at(-1)?.found]).toEqual([200, 299])
    const long = many
      .slice(0, 20)
      .reduce(
        (so, { found }, index) => withSeen(so, [seen(`${String(found)}${'x'.repeat(50_000)}`)], `r${index}`, at(1)),
        noDrift,
      )
    expect(long.entries.length).toBe(3)
  })
})
