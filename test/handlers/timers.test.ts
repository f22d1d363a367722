import { describe, expect, test } from 'vitest'
import { onFullSync } from '../../functions/handlers/onFullSync.ts'
import { onQuickSync } from '../../functions/handlers/onQuickSync.ts'
import { onPresence } from '../../functions/handlers/onPresence.ts'
import { defaultSchedules, schedule } from '../../functions/handlers/schedules.ts'
import type { RelayApproval } from '../../functions/core/relay.ts'
import { newConnector } from '../../functions/core/run.ts'
import type { Schedule } from '../../functions/core/schedule.ts'
import { defaultPolicy, defaultSettings } from '../../functions/core/settings.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import { AppError } from '../../functions/errors.ts'
import { context, handlers, timer, unconfigured } from './handlerFixture.ts'

const timers = [
  ['full', onFullSync],
  ['quick', onQuickSync],
] as const

describe.each(timers)('the timer of %s syncs', (kind, handler) => {
  test('starts a run of every connector', async () => {
    const app = handlers(['contoso', 'fabrikam'])
    await handler(timer, context(kind), app.wiring)
    for (const id of ['contoso', 'fabrikam']) {
      expect(await app.store.runs(id, 9)).toMatchObject([
        { connectorId: id, kind, askedBy: 'timer', dryRun: false, state: 'running' },
      ])
    }
    expect(app.queue.waiting.map(({ message }) => message.connectorId).toSorted()).toEqual(['contoso', 'fabrikam'])
  })

  test('attaches to a run that is on its way', async () => {
    const app = handlers()
    await handler(timer, context(kind), app.wiring)
    await handler(timer, context(kind), app.wiring)
    expect(await app.store.runs('contoso', 9)).toHaveLength(1)
    expect(app.log.of('timerAsked').map(({ fields }) => fields['how'])).toEqual(['started', 'attached'])
  })

  test('starts the others when one cannot be started, and fails in the end', async () => {
    const app = handlers(['contoso', 'broken', 'fabrikam'])
    const read = app.store.document.bind(app.store)
    app.store.document = async (id, name) => {
      if (id === 'broken') throw new AppError('storeFailed', 'no answer from the table', { retryable: true })
      return read(id, name)
    }
    const said = `1 of 3 connectors got no ${kind} sync: broken (storeFailed). The next timer tries again.`
    await expect(handler(timer, context(kind), app.wiring)).rejects.toThrow(said)
    expect(app.queue.waiting.map(({ message }) => message.connectorId).toSorted()).toEqual(['contoso', 'fabrikam'])
    const fields = { connectorId: 'broken', kind, code: 'storeFailed', message: 'no answer from the table' }
    expect(app.log.of('timerFailed')).toEqual([{ level: 'error', event: 'timerFailed', fields }])
  })

  test('skips a retired connector quietly, starts the others', async () => {
    const app = handlers(['contoso', 'fabrikam'])
    const retired = { by: 'fabrikam', at: '2026-11-20T08:00:00.000Z' }
    await app.store.saveDocument('contoso', 'connector', { ...newConnector('contoso'), retired }, null)
    await handler(timer, context(kind), app.wiring)
    expect(await app.store.runs('contoso', 9)).toEqual([])
    expect(app.queue.waiting.map(({ message }) => message.connectorId)).toEqual(['fabrikam'])
    expect(app.log.of('timerSkipped')).toMatchObject([{ level: 'info', fields: { connectorId: 'contoso', kind } }])
    expect(app.log.lines.filter(({ level }) => level !== 'info')).toEqual([])
    // Its relays are told by the timer that comes every minute
    expect(app.told).toEqual(kind === 'quick' ? [['contoso', retired]] : [])
  })

  test('fails with the problem while the app is not configured', async () => {
    const wiring = unconfigured(handlers().wiring)
    await expect(handler(timer, context(kind), wiring)).rejects.toThrow(
      'the app is not configured: A is missing; set it',
    )
  })
})

describe('a connector with a schedule of its own', () => {
  const retiredAt = '2026-11-20T08:00:00.000Z'
  async function scheduled(schedule: Partial<Schedule>) {
    const app = handlers(['contoso', 'fabrikam'])
    const settings = { ...defaultSettings, schedule: { ...defaultSettings.schedule, ...schedule } }
    await app.store.saveDocument('contoso', 'policy', { ...defaultPolicy, settings }, null)
    const kinds = async (id: string) => (await app.store.runs(id, 99)).map(({ kind }) => kind).toSorted()
    const tick = async (kind: 'full' | 'quick', minutes = 0) => {
      app.clock.advance(minutes * 60_000)
      await (kind === 'full' ? onFullSync : onQuickSync)(timer, context(kind), app.wiring)
    }
    /** As if it had come to its end. */
    const end = async () => {
      const found = await app.store.document('contoso', 'connector')
      if (!found) throw new Error('no connector')
      const running = { full: null, quick: null }
      await app.store.saveDocument('contoso', 'connector', { ...found.value, running }, found.etag)
    }
    return { ...app, kinds, tick, end }
  }

  test('starts its full sync at the tick after its time, once, and not when the app’s timer comes', async () => {
    const app = await scheduled({ fullSyncAt: ['09:00'] })
    app.clock.advance(Date.parse('2026-11-21T08:59:30Z') - app.clock.now().getTime())
    await app.store.saveDocument(
      'contoso',
      'connector',
      { ...newConnector('contoso'), lastFullSync: '2026-11-20T09:20:00.000Z' },
      null,
    )
    await app.tick('full')
    await app.tick('quick')
    expect(await app.kinds('contoso')).toEqual(['quick'])
    expect(await app.kinds('fabrikam')).toEqual(['full', 'quick'])
    await app.end()
    // Nobody was there at 09:00
    await app.tick('quick', 40)
    expect(await app.kinds('contoso')).toEqual(['full', 'quick', 'quick'])
    await app.end()
    await app.tick('quick', 1)
    expect((await app.kinds('contoso')).filter((kind) => kind === 'full')).toHaveLength(1)
    await app.end()
    await app.tick('quick', 24 * 60)
    expect((await app.kinds('contoso')).filter((kind) => kind === 'full')).toHaveLength(2)
  })

  test('has its full sync after a dry run that was on its way at its time', async () => {
    const app = await scheduled({ fullSyncAt: ['02:00'], quickMinutes: null })
    const dry = { connectorId: 'contoso', kind: 'full', askedBy: 'ana', dryRun: true } as const
    await startRun(app.ports, dry)
    await app.tick('quick')
    expect((await app.store.runs('contoso', 9)).map(({ dryRun }) => dryRun)).toEqual([true])
    await app.end()
    await app.tick('quick', 1)
    await app.tick('quick', 1)
    const runs = await app.store.runs('contoso', 9)
    expect(runs.map(({ dryRun }) => dryRun).toSorted((a, b) => Number(a) - Number(b))).toEqual([false, true])
  })

  test('of two ticks at once one starts the full sync', async () => {
    const app = await scheduled({ fullSyncAt: ['02:00'], quickMinutes: null })
    await Promise.all([app.tick('quick'), app.tick('quick')])
    const runs = await app.store.runs('contoso', 9)
    expect(runs.filter(({ state }) => state === 'running')).toHaveLength(1)
  })

  test('has quick syncs as often as it says, or none', async () => {
    const app = await scheduled({ quickMinutes: 30 })
    for (let minute = 0; minute < 60; minute += 1) {
      await app.tick('quick', 1)
      await app.end()
    }
    expect((await app.kinds('contoso')).length).toBeGreaterThanOrEqual(2)
    expect((await app.kinds('contoso')).length).toBeLessThanOrEqual(3)
    const silent = await scheduled({ quickMinutes: null })
    await silent.tick('quick')
    expect([await silent.kinds('contoso'), await silent.kinds('fabrikam')]).toEqual([[], ['quick']])
  })

  test('starts a full sync that waits although no quick one is due', async () => {
    const app = await scheduled({ quickMinutes: null })
    const pendingFull = { askedBy: 'timer', dryRun: false, attempt: 2 }
    await app.store.saveDocument('contoso', 'connector', { ...newConnector('contoso'), pendingFull }, null)
    await app.tick('quick')
    expect(await app.store.runs('contoso', 9)).toMatchObject([{ kind: 'full', attempt: 2 }])
    expect((await app.store.document('contoso', 'connector'))?.value.pendingFull).toBeNull()
  })

  test('is told of at every tick of the quick timer: ages in minutes from its row', async () => {
    const app = await scheduled({ quickMinutes: 60 })
    const now = app.clock.now().getTime()
    const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString()
    const state = { ...newConnector('contoso'), lastFullSync: ago(90), noRelaySince: ago(0.2) }
    await app.store.saveDocument('contoso', 'connector', state, null)
    await app.store.saveDocument(
      'fabrikam',
      'connector',
      { ...newConnector('fabrikam'), retired: { by: null, at: retiredAt } },
      null,
    )
    await app.tick('quick')
    await app.tick('full')
    expect(app.log.of('connectorState').map(({ fields }) => fields)).toEqual([
      {
        connectorId: 'contoso',
        retired: false,
        heldRun: null,
        heldMinutes: null,
        noRelayMinutes: 1,
        fullSyncAgeMinutes: 90,
        quickSyncAgeMinutes: null,
        quickMinutes: 60,
        problem: null,
      },
      expect.objectContaining({ connectorId: 'fabrikam', retired: true, noRelayMinutes: 0, quickMinutes: 1 }),
    ])
  })
})

describe('the presence timer', () => {
  test('asks the relays of every connector that is not retired, and never fails of what it finds', async () => {
    const app = handlers(['contoso', 'fabrikam', 'gone'])
    const retired = { by: null, at: '2026-11-20T08:00:00.000Z' }
    await app.store.saveDocument('gone', 'connector', { ...newConnector('gone'), retired }, null)
    await onPresence(timer, context('presence'), app.wiring)
    expect(app.log.of('relayPresence').map(({ fields }) => fields)).toEqual([
      { connectorId: 'contoso', found: 'noRelay' },
      { connectorId: 'fabrikam', found: 'noRelay' },
    ])
  })

  test('asks nobody where a conversation has just told', async () => {
    const app = handlers()
    const seen = (secondsAgo: number) => new Date(app.clock.now().getTime() - secondsAgo * 1000).toISOString()
    const relay: RelayApproval = {
      fingerprint: 'f1',
      publicKey: 'k',
      state: 'approved',
      host: 'h',
      about: null,
      firstSeen: seen(900),
      lastSeen: seen(19),
    }
    await app.store.saveRelay('contoso', relay, null)
    await onPresence(timer, context('presence'), app.wiring)
    expect(app.log.of('relayPresence')).toEqual([])
    app.clock.advance(1000)
    await onPresence(timer, context('presence'), app.wiring)
    expect(app.log.of('relayPresence')).toHaveLength(1)
  })

  test('asks again while none was there, whoever was seen before', async () => {
    const app = handlers()
    const at = app.clock.now().toISOString()
    const about = { publicKey: 'k', state: 'approved', host: 'h', about: null, firstSeen: at, lastSeen: at } as const
    await app.store.saveRelay('contoso', { fingerprint: 'f1', ...about }, null)
    await app.store.saveDocument('contoso', 'connector', { ...newConnector('contoso'), noRelaySince: at }, null)
    await onPresence(timer, context('presence'), app.wiring)
    expect(app.log.of('relayPresence')).toHaveLength(1)
  })
})

describe('a schedule', () => {
  const cases: [string | undefined, string][] = [
    ['0 30 3 * * *', '%FULL_SYNC_SCHEDULE%'],
    [undefined, defaultSchedules.FULL_SYNC_SCHEDULE],
    [' ', defaultSchedules.FULL_SYNC_SCHEDULE],
  ]
  test.each(cases)('set to %j is registered as %s', (value, expected) => {
    expect(schedule('FULL_SYNC_SCHEDULE', { FULL_SYNC_SCHEDULE: value })).toBe(expected)
  })
})
