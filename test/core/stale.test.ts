import { describe, expect, test } from 'vitest'
import { takenPins, type Pin } from '../../functions/core/pin.ts'
import {
  lastSyncOf,
  staleRefusal,
  staleVerdict,
  withFound,
  type LastSync,
  type StaleFacts,
  type StaleRecord,
  type StaleReport,
} from '../../functions/core/stale.ts'
import { now, record } from './build.ts'

const report: StaleReport = {
  days: 90,
  cutoff: '2026-08-23T08:00:00.000Z',
  limits: null,
  isWhole: false,
  records: 0,
  found: 0,
  byModel: {},
  left: {},
  refusal: null,
}
const stale = (model: string | null): StaleRecord => ({
  kind: 'stale',
  mailboxGuid: 'm1',
  record: 'r1',
  deviceId: 'D1',
  type: null,
  model,
  user: null,
  lastSync: '2026-01-01T00:00:00.000Z',
})

test('a phone may call its model what it likes: each is counted, again after the report was stored', () => {
  const models = ['constructor', '__proto__', 'toString', 'iPhone14C2', null]
  const once = withFound(report, models.map(stale))
  const twice = withFound(JSON.parse(JSON.stringify(once)) as StaleReport, models.map(stale))
  const counts = Object.entries(twice.byModel)
  expect(counts).toEqual(models.map((model) => [model ?? 'unknown', 2]))
  expect(twice.found).toBe(10)
})

test('models beyond two hundred are counted as one', () => {
  const many = Array.from({ length: 203 }, (_, index) => stale(`model ${index}`))
  expect(withFound(report, many).byModel['other']).toBe(3)
})

const said = (given: Partial<LastSync>): LastSync => ({
  record: null,
  deviceId: 'applana1',
  deviceType: 'iPhone',
  lastSync: '2026-01-01T00:00:00.000Z',
  isWipePending: false,
  ...given,
})

describe('what a mailbox says of a partnership', () => {
  const cases: readonly (readonly [string, readonly LastSync[], number | null])[] = [
    ['of its Guid', [said({}), said({ record: 'record-1', deviceId: 'other' })], 1],
    ['of its id and type alone', [said({ deviceId: 'other' }), said({})], 1],
    ['of its id with another type', [said({ deviceType: 'iPad' })], null],
    ['of two with its id and type: nobody knows which', [said({}), said({})], null],
    ['of none without an id', [said({ deviceId: null })], null],
  ]
  test.each(cases)('%s', (_, all, index) => {
    expect(lastSyncOf(record(), all)).toBe(index === null ? null : all[index])
  })
})

describe('a record is stale', () => {
  const cases: readonly (readonly [string, Partial<StaleFacts>, ReturnType<typeof staleVerdict>])[] = [
    ['where it synced last before', {}, { lastSync: '2026-01-01T00:00:00.000Z' }],
    ['and not where it synced at the date', { said: [said({ lastSync: '2026-06-01T00:00:00.000Z' })] }, 'synced'],
    ['and not where Exchange does not say', { said: [said({ lastSync: null })] }, 'unknown'],
    ['and not where its mailbox says nothing of it', { said: [] }, 'unknown'],
    ['and not where its mailbox cannot be asked', { said: null }, 'unreadable'],
    ['and not where a wipe waits for it', { said: [said({ isWipePending: true })] }, 'wipePending'],
    ['and not where a wipe may have been sent that Exchange does not show', { isWipeClaimed: true }, 'wipePending'],
    ['and not where it is pinned', { isPinned: true }, 'pinned'],
    ['and not where somebody else blocked it', { isBlockedByOther: true }, 'blockedByOther'],
  ]
  test.each(cases)('%s', (_, given, expected) => {
    const facts = { isPinned: false, isBlockedByOther: false, isWipeClaimed: false, said: [said({})], ...given }
    expect(staleVerdict(record(), facts, '2026-06-01T00:00:00.000Z')).toEqual(expected)
  })
})

test('a scheduled clean-up is refused above its share, of twenty records or more', () => {
  const refused = (found: number, records: number) =>
    staleRefusal(found, records, { days: 90, maxPerRun: 100, maxShare: 0.2 }) !== null
  expect([refused(19, 19), refused(4, 20), refused(5, 20)]).toEqual([false, false, true])
})

test('a listed pin takes the place of none, or of one that has ended while it has not', () => {
  const nowMs = now.getTime()
  const pin = (note: string, until: string | null): Pin => ({ record: 'record-1', access: 'block', note, until })
  const [over, open] = [(note: string) => pin(note, '2026-01-01T00:00:00.000Z'), (note: string) => pin(note, null)]
  const taken = (own: readonly Pin[], listed: Pin) => takenPins(['record-1'], own, [listed], nowMs).length
  expect([taken([], open('l')), taken([], over('l'))]).toEqual([1, 1])
  expect([taken([over('o')], open('l')), taken([over('o')], over('l'))]).toEqual([1, 0])
  expect([taken([open('o')], open('l')), taken([open('o')], over('l'))]).toEqual([0, 0])
  expect(takenPins(['record-2'], [], [open('l')], nowMs)).toEqual([])
})
