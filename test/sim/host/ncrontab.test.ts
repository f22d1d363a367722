/** Which schedules the local host takes; the refusals are those of NCRONTAB itself or of anything two readers read differently. */
import { Cron } from 'croner'
import { describe, expect, test } from 'vitest'
import { checkNcrontab, cronOptions } from '../../../sim/host/ncrontab.ts'

describe('takes', () => {
  test.each([
    '0 * * * * *',
    '* * * * *',
    '0 */5 * * * *',
    '30 5/15 * * * *',
    '0 0 3 * * *',
    '0 0,30 8-18 * * MON-FRI',
    '0 0 0 1,15 jan-Mar *',
    '0 0 9-17/2 * * 0-6',
    '0 0 0 29 2 *',
    '  0 0  12 * * 1 ',
    '00 05 00 * * *',
  ])('"%s"', (expression) => {
    expect(() => checkNcrontab(expression, 'x')).not.toThrow()
  })
})

describe('refuses, naming the function and the schedule,', () => {
  test.each([
    ['0 0 0 * * 7', 'day of week'],
    ['0 0 0 * * SUN-7', 'day of week'],
    ['0 0 0 L * *', 'day of month'],
    ['0 0 0 15W * *', 'day of month'],
    ['0 0 0 * * FRI#2', 'day of week'],
    ['0 0 0 * * 5L', 'day of week'],
    ['0 0 0 ? * *', 'day of month'],
    ['@daily', '1 fields'],
    ['@every 5m', '2 fields'],
    ['', '0 fields'],
    ['0 * * *', '4 fields'],
    ['0 0 0 1 1 * 2030', '7 fields'],
    ['0\t* * * * *', 'white space'],
    ['0 * * * *\n*', 'white space'],
    ['00:05:00', 'TimeSpan'],
    ['1.00:00:00', 'TimeSpan'],
    ['0 0 0 * * Monday', 'day of week'],
    ['0 0 0 * January *', 'month'],
    ['0 0 0 * Ma *', 'month'],
    ['0 0 0 * * FOO', 'day of week'],
    ['0 0 0 * MON *', 'month'],
    ['0 0 MON * * *', 'hour'],
    ['60 * * * * *', 'second'],
    ['0 60 * * * *', 'minute'],
    ['0 0 24 * * *', 'hour'],
    ['0 0 0 0 * *', 'day of month'],
    ['0 0 0 32 * *', 'day of month'],
    ['0 0 0 * 13 *', 'month'],
    ['0 0 22-2 * * *', 'backwards'],
    ['0 0 0 * * FRI-MON', 'backwards'],
    ['0 */0 * * * *', 'step'],
    ['0 */60 * * * *', 'step'],
    ['0 /5 * * * *', 'minute'],
    ['0 1,,2 * * * *', 'minute'],
    ['0 1- * * * *', 'minute'],
    ['0 -1 * * * *', 'minute'],
    ['0 1.5 * * * *', 'minute'],
    ['0 *-5 * * * *', 'minute'],
    ['0 0 0 31 2 *', 'never comes'],
    ['0 0 0 31 APR,JUN *', 'never comes'],
  ])('"%s": %s', (expression, reason) => {
    const act = () => checkNcrontab(expression, 'function "f"')
    expect(act).toThrow(reason)
    expect(act).toThrow('function "f"')
  })
})

test('day of month and day of week must both fit', () => {
  const next = new Cron('0 0 0 13 * FRI', { ...cronOptions, paused: true }).nextRun(new Date('2026-01-01T00:00:00Z'))
  expect(next?.toISOString()).toBe('2026-02-13T00:00:00.000Z')
})

test('5/15 runs from minute 5 to the end of the hour', () => {
  const runs = new Cron('0 5/15 * * * *', { ...cronOptions, paused: true }).nextRuns(
    4,
    new Date('2026-01-01T00:00:00Z'),
  )
  expect(runs.map((run) => run.getUTCMinutes())).toEqual([5, 20, 35, 50])
})
