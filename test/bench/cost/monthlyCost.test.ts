/** From counts to a month's operations, and from those to money. */
import { describe, expect, test } from 'vitest'
import { extrapolated, type SizeCounts, type SyncCounts, type TickCounts } from '../../../bench/cost/counts.ts'
import type { Billed, Inputs, Usage } from '../../../bench/cost/inputs.ts'
import { costOf, monthOf, occasionsOf, type Month } from '../../../bench/cost/monthlyCost.ts'

const usage: Usage = {
  daysPerMonth: 30,
  relays: 1,
  fullSyncsPerDay: 1,
  quickTimerMinutes: 1,
  quickMinutes: 1,
  presenceMinutes: 1,
  changesPerDeviceAndDay: 0,
  lookBackMinutes: 10,
  transactionIsBilledAs: 'requests',
  instanceGb: 2,
  leastBilledSeconds: 1,
  slowdown: 1,
  queuePollsPerMinute: 0,
  hostBlobOperationsPerMinute: 0,
  logRowOverheadBytes: 0,
  hostLogBytesPerInvocation: 0,
  keyVaultOperationsPerDay: 0,
  alertRulesEvery5Minutes: 3,
  alertRulesEvery15MinutesOrRarer: 2,
}

function sync(all: number): SyncCounts {
  return {
    tableRequests: all,
    tableOperations: 10 * all,
    queueSent: all,
    queueReceived: all,
    graphRequests: all,
    relayConversations: all,
    relayCommands: all,
    relayBytes: all,
    invocations: all,
    logLines: all,
    logBytes: all,
    stepMs: 0,
  }
}
const noTick: TickCounts = { tableRequests: 0, tableOperations: 0, queueSent: 0, logLines: 0, logBytes: 0 }
const nothing: SizeCounts = {
  devices: 1_000,
  how: 'counted',
  firstFull: sync(0),
  full: sync(0),
  idle: sync(0),
  busy: sync(0),
  echo: sync(0),
  reread: sync(0),
  quickTick: noTick,
  presenceTick: noTick,
  anchorTick: noTick,
}
const minutes = 43_200

describe('how often in a month', () => {
  /*
   * 1,000 devices and 30 days; a busy sync for ten changes, and after each the look-back's ten
   */
  test.each([
    ['no change: all are idle', {}, { idle: minutes, busy: 0, echo: 0, reread: 0 }],
    [
      '20 changes a day: 60 busy',
      { changesPerDeviceAndDay: 0.02 },
      { idle: minutes - 660, busy: 60, echo: 60, reread: 540 },
    ],
    [
      'look-back of two syncs',
      { changesPerDeviceAndDay: 0.02, quickMinutes: 5 },
      { idle: 8_640 - 180, busy: 60, echo: 60, reread: 60 },
    ],
    ['the timer is rarer than the setting', { quickTimerMinutes: 10 }, { idle: 4_320, busy: 0, echo: 0, reread: 0 }],
    ['more changes than syncs', { changesPerDeviceAndDay: 20 }, { idle: 0, busy: 60_000, echo: 0, reread: 0 }],
    [
      'no room for all that look back',
      { changesPerDeviceAndDay: 10 },
      { idle: 0, busy: 30_000, echo: 13_200, reread: 0 },
    ],
  ])('%s', (_what, changed, expected) => {
    expect(occasionsOf(1_000, { ...usage, ...changed })).toMatchObject(expected)
  })

  test('timers tick whatever they find', () => {
    expect(occasionsOf(1_000, { ...usage, quickMinutes: 15, presenceMinutes: 5 })).toMatchObject({
      quickTick: minutes,
      presenceTick: minutes / 5,
      anchorTick: 720,
      full: 30,
      fullTick: 30,
    })
  })
})

describe('operations of a month', () => {
  const counts: SizeCounts = {
    ...nothing,
    firstFull: sync(1e9),
    full: sync(1_000),
    idle: sync(1),
    quickTick: { ...noTick, tableRequests: 2, tableOperations: 3, queueSent: 1, logLines: 1, logBytes: 100 },
    presenceTick: { ...noTick, tableRequests: 5, tableOperations: 5 },
    anchorTick: { ...noTick, tableRequests: 7, tableOperations: 7 },
  }
  const full = 30 * 1_000

  test('are those of the syncs and of the timers; the first full sync is not of every month', () => {
    const { tableRequests, billed, graphRequests } = monthOf(counts, usage)
    expect(tableRequests).toBe(minutes + full + 2 * (minutes + 30) + 5 * minutes + 7 * 720)
    expect(billed.tableOperations).toBe(tableRequests)
    expect(graphRequests).toBe(minutes + full)
    // Sent by syncs and by ticks; received and deleted
    expect(billed.queueOperations).toBe(3 * (minutes + full) + minutes + 30)
    expect(billed.functionExecutions).toBe(minutes + full + (minutes + 30) + minutes + 720)
    expect(billed.relayGb).toBe((minutes + full) / 1e9)
  })

  test('a transaction is one operation, or every row of it', () => {
    const { billed } = monthOf(counts, { ...usage, transactionIsBilledAs: 'rows' })
    expect(billed.tableOperations).toBe(10 * (minutes + full) + 3 * (minutes + 30) + 5 * minutes + 7 * 720)
  })

  test('the host’s own are inputs', () => {
    const { billed } = monthOf(nothing, {
      ...usage,
      queuePollsPerMinute: 2,
      hostBlobOperationsPerMinute: 3,
      keyVaultOperationsPerDay: 4,
    })
    expect([billed.queueOperations, billed.blobOperations, billed.keyVaultOperations]).toEqual([
      2 * minutes,
      720 + 3 * minutes,
      120,
    ])
  })

  test('an instance is billed for its least time, or for how long the steps take', () => {
    const timers = minutes + 30 + minutes + 720
    const gbSeconds = (stepMs: number, slowdown: number) =>
      monthOf({ ...nothing, idle: { ...sync(8), stepMs } }, { ...usage, slowdown }).billed.functionGbSeconds
    expect(gbSeconds(7_900, 1)).toBe(2 * (8 * minutes + timers))
    expect(gbSeconds(7_900, 10)).toBe(2 * (79 * minutes + timers))
  })

  test('a log line weighs more than its text, and the host writes lines of its own', () => {
    const { billed } = monthOf(
      { ...nothing, idle: sync(2) },
      { ...usage, logRowOverheadBytes: 10, hostLogBytesPerInvocation: 100 },
    )
    expect(billed.logGb).toBeCloseTo((minutes * (2 + 20) + 100 * billed.functionExecutions) / 1e9, 12)
  })
})

describe('money', () => {
  const names = Object.keys(monthOf(nothing, usage).billed) as Billed[]
  const price = { price: 0, per: 1, free: 0, unit: '', source: 'https://example.com/' }
  const inputs = (changed: Partial<Inputs['prices']>, relays = 1): Inputs => ({
    about: '',
    currency: 'EUR',
    region: '',
    pricesAsOf: '',
    usage: { ...usage, relays },
    prices: { ...(Object.fromEntries(names.map((name) => [name, price])) as Inputs['prices']), ...changed },
  })
  const month: Month = {
    ...monthOf(nothing, usage),
    billed: {
      ...(Object.fromEntries(names.map((name) => [name, 0])) as Month['billed']),
      tableOperations: 25_000,
      relayGb: 12,
      logGb: 4,
    },
  }

  test('is the amount beyond what is free, in units of the price', () => {
    const { lines, total } = costOf(
      month,
      inputs({
        tableOperations: { ...price, price: 2, per: 10_000 },
        relayGb: { ...price, price: 3, free: 5 },
        logGb: { ...price, price: 9, free: 5 },
      }),
    )
    expect(lines.slice(0, 3)).toEqual([
      { billed: 'relayGb', cost: 21 },
      { billed: 'tableOperations', cost: 5 },
      expect.objectContaining({ cost: 0 }),
    ])
    expect(total).toBe(26)
    expect(lines).toHaveLength(names.length)
  })

  test('each listener brings its own free data', () => {
    expect(costOf(month, inputs({ relayGb: { ...price, price: 3, free: 5 } }, 2)).total).toBe(6)
  })
})

describe('a size that was not counted', () => {
  const small = {
    ...nothing,
    full: { ...sync(10), graphRequests: 7, logBytes: 9 },
    idle: sync(9),
    quickTick: { ...noTick, logBytes: 3 },
  }
  const large = {
    ...nothing,
    devices: 3_000,
    full: { ...sync(30), graphRequests: 7, logBytes: 5 },
    idle: { ...sync(5), stepMs: 12 },
  }
  const { how, devices, full, idle, quickTick } = extrapolated(small, large, 11_000)
  test('has full syncs on the straight line through two that were, never below nothing', () => {
    expect([how, devices]).toEqual(['extrapolated', 11_000])
    expect(full).toMatchObject({ tableRequests: 110, graphRequests: 7, logBytes: 0 })
  })
  test('has the dearer of their quick syncs and ticks', () => {
    expect(idle).toEqual({ ...sync(9), stepMs: 12 })
    expect(quickTick).toEqual({ ...noTick, logBytes: 3 })
  })
})
