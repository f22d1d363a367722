import { describe, expect, test } from 'vitest'
import { dueSyncs, nextFullSync, type Schedule, type Slots } from '../../functions/core/schedule.ts'

const day = '2026-11-21'
const at = (time: string) => `${day}T${time}:00.000Z`
const now = (time: string) => new Date(at(time))
const none: Slots = { full: null, quick: null }

describe('a full sync', () => {
  const cases: [string, Schedule['fullSyncAt'], string, string | null, string | null, string | null][] = [
    // what, times, now, slot taken, last full sync, slot that is due
    ['without times of its own is never due here', null, '09:00', null, null, null],
    ['is due at its time', ['02:00'], '02:00', at('00:00'), null, at('02:00')],
    ['is not due a minute before', ['02:00'], '01:59', '2026-11-20T02:00:00.000Z', null, null],
    ['was asked for: not twice', ['02:00'], '02:01', at('02:00'), null, null],
    [
      'was missed while the app was down: due at the next tick',
      ['02:00'],
      '05:17',
      '2026-11-20T02:00:00.000Z',
      null,
      at('02:00'),
    ],
    ['was missed yesterday', ['23:30'], '00:10', '2026-11-19T23:30:00.000Z', null, '2026-11-20T23:30:00.000Z'],
    ['ended after its time, whoever asked for it', ['02:00'], '05:17', null, at('03:00'), null],
    ['ended before its time', ['02:00'], '02:00', null, at('01:00'), at('02:00')],
    ['of two missed times is due once, for the later', ['14:00', '02:00'], '15:00', null, null, at('14:00')],
    ['of a connector that never synced', ['02:00'], '01:00', null, null, '2026-11-20T02:00:00.000Z'],
  ]
  test.each(cases)('%s', (_what, fullSyncAt, time, full, lastFullSync, expected) => {
    const state = { slots: { ...none, full }, lastFullSync }
    expect(dueSyncs({ quickMinutes: null, fullSyncAt }, state, now(time)).full).toBe(expected)
  })
})

describe('a quick sync', () => {
  const cases: [string, number | null, string, string | null, { slot: string | null } | null][] = [
    // what, minutes, now, slot taken, due
    ['every minute is due at every tick, whatever was before', 1, '09:07', at('09:07'), { slot: null }],
    ['is never due where there are none', null, '09:07', null, null],
    ['every quarter is due at the quarter', 15, '09:15', at('09:00'), { slot: at('09:15') }],
    ['every quarter is due once', 15, '09:16', at('09:15'), null],
    ['that was missed is due at the next tick', 15, '09:22', at('09:00'), { slot: at('09:15') }],
    ['never taken is due at once', 60, '09:22', null, { slot: at('09:00') }],
  ]
  test.each(cases)('%s', (_what, quickMinutes, time, quick, expected) => {
    const state = { slots: { ...none, quick }, lastFullSync: null }
    expect(dueSyncs({ quickMinutes, fullSyncAt: null }, state, now(time)).quick).toEqual(expected)
  })
})

test('over a week of ticks with outages, every time is taken once and none is skipped that a tick could still take', () => {
  const schedule: Schedule = { quickMinutes: 30, fullSyncAt: ['02:00', '12:00'] }
  let slots = none
  const taken: string[] = []
  const start = Date.parse(`${day}T00:00:00Z`)
  for (let minute = 0; minute < 7 * 1_440; minute += 1) {
    // Down from 01:50 to 02:20 each day
    const ofDay = minute % 1_440
    if (ofDay >= 110 && ofDay < 140) continue
    const due = dueSyncs(schedule, { slots, lastFullSync: null }, new Date(start + minute * 60_000))
    if (due.full !== null) taken.push(due.full)
    slots = { full: due.full ?? slots.full, quick: due.quick?.slot ?? slots.quick }
  }
  expect(new Set(taken).size).toBe(taken.length)
  // The one of the noon before the first day, and two of each day
  expect(taken).toHaveLength(15)
})

describe('the next full sync', () => {
  const cases: [string, Schedule['fullSyncAt'], string, string | null, string | null][] = [
    // what, times, now, slot taken, next
    ['is not known here without times of its own', null, '09:00', null, null],
    ['is the next of several times', ['14:30', '02:00'], '09:00', at('02:00'), at('14:30')],
    ['is tomorrow after the last of today', ['02:00', '14:30'], '15:00', at('14:30'), '2026-11-22T02:00:00.000Z'],
    ['is now where one was missed', ['02:00'], '05:17', '2026-11-20T02:00:00.000Z', at('05:17')],
    ['at its very time, and asked for, is a day later', ['02:00'], '02:00', at('02:00'), '2026-11-22T02:00:00.000Z'],
  ]
  test.each(cases)('%s', (_what, fullSyncAt, time, full, expected) => {
    const state = { slots: { ...none, full }, lastFullSync: null }
    expect(nextFullSync({ quickMinutes: 1, fullSyncAt }, state, now(time))).toBe(expected)
  })
})
