import { describe, expect, test } from 'vitest'
import { onFullSync } from '../../functions/handlers/onFullSync.ts'
import { onQuickSync } from '../../functions/handlers/onQuickSync.ts'
import { defaultSchedules, schedule } from '../../functions/handlers/schedules.ts'
import { newConnector } from '../../functions/core/run.ts'
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
