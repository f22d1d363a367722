import { describe, expect, test } from 'vitest'
import { onPoison } from '../../functions/handlers/onPoison.ts'
import { onRunStep } from '../../functions/handlers/onRunStep.ts'
import type { StepMessage } from '../../functions/ports.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import { context, handlers, unconfigured } from './handlerFixture.ts'

const delivery = { id: 'message-7', dequeueCount: 2 }

async function withRun() {
  const app = handlers()
  await startRun(app.ports, { connectorId: 'contoso', kind: 'full', askedBy: 'timer', dryRun: false })
  const message = app.queue.take()?.message
  if (!message) throw new Error('no message was sent')
  const run = async () => (await app.store.run('contoso', message.runId))?.value
  return { ...app, message, run }
}

const malformed: [string, unknown][] = [
  ['text that is no JSON', 'hello'],
  ['a number, as the host hands on "123"', 123],
  ['no position', { connectorId: 'contoso', runId: 'r1' }],
  ['a position that is none', { connectorId: 'contoso', runId: 'r1', position: -1 }],
  ['an empty id', { connectorId: 'contoso', runId: '', position: 0 }],
  ['null', null],
]

describe('a message of run-steps', () => {
  test('is claimed under its own id, and fails when its step fails retryably: the queue delivers it again', async () => {
    const { message, wiring, run, log } = await withRun()
    await expect(onRunStep(message, context('runStep', delivery), wiring)).rejects.toMatchObject({ code: 'noRelay' })
    expect(await run()).toMatchObject({ state: 'running', position: 0, claim: { by: 'message-7' } })
    expect(log.of('stepFailed')).toMatchObject([{ fields: { delivery: 2 } }])
  })

  const spellings: [string, Record<string, unknown>][] = [
    ['as the library spells it', delivery],
    ['as the host spells it', { Id: 'message-7', DequeueCount: 2 }],
    ['with the count as text', { id: 'message-7', dequeueCount: '2' }],
  ]
  test.each(spellings)('takes the delivery %s', async (_title, metadata) => {
    const { message, wiring, run, log } = await withRun()
    await expect(onRunStep(message, context('runStep', metadata), wiring)).rejects.toMatchObject({ code: 'noRelay' })
    expect(await run()).toMatchObject({ claim: { by: 'message-7' } })
    expect(log.of('stepFailed')).toMatchObject([{ fields: { delivery: 2 } }])
  })

  test.each([{}, { id: 'message-7' }, { dequeueCount: 1 }, { id: '', dequeueCount: 1 }])(
    'without its delivery (%j) does nothing and fails',
    async (metadata) => {
      const { message, wiring, run } = await withRun()
      await expect(onRunStep(message, context('runStep', metadata), wiring)).rejects.toMatchObject({
        code: 'internal',
        retryable: true,
      })
      expect(await run()).toMatchObject({ claim: null })
    },
  )

  test('of a run that is over is dropped', async () => {
    const { wiring } = handlers()
    const message: StepMessage = { connectorId: 'contoso', runId: 'gone', position: 0 }
    await expect(onRunStep(message, context('runStep', delivery), wiring)).resolves.toBeUndefined()
  })

  test.each(malformed)('that is malformed fails and so ends in the poison queue: %s', async (_title, message) => {
    const { wiring } = handlers()
    await expect(onRunStep(message, context('runStep', delivery), wiring)).rejects.toMatchObject({ code: 'badRequest' })
  })

  test('fails while the app is not configured: it waits in the queue', async () => {
    const { message, wiring } = await withRun()
    const work = onRunStep(message, context('runStep', delivery), unconfigured(wiring))
    await expect(work).rejects.toMatchObject({ code: 'badConfiguration' })
  })
})

describe('a message of run-steps-poison', () => {
  test('ends its run with the reason', async () => {
    const { message, wiring, run, log } = await withRun()
    await onPoison(message, context('runStepPoison'), wiring)
    expect(await run()).toMatchObject({ state: 'failed', failure: { code: 'gaveUp', step: 'gatherConfiguration' } })
    const fields = { parsed: true, ...message }
    expect(log.of('poisonMessage')).toEqual([{ level: 'error', event: 'poisonMessage', fields }])
  })

  test('lets the next run start', async () => {
    const { message, ports, wiring } = await withRun()
    await onPoison(message, context('runStepPoison'), wiring)
    const next = await startRun(ports, { connectorId: 'contoso', kind: 'quick', askedBy: 'timer', dryRun: false })
    expect(next.how).toBe('started')
  })

  test.each(malformed)('that is malformed is logged without its text and dropped: %s', async (_title, message) => {
    const { wiring, log } = handlers()
    await onPoison(message, context('runStepPoison'), wiring)
    expect(log.lines).toEqual([{ level: 'error', event: 'poisonMessage', fields: { parsed: false } }])
  })

  test('fails when the run cannot be ended, so that it comes again', async () => {
    const { message, store, wiring } = await withRun()
    store.run = () => Promise.reject(new Error('no answer'))
    await expect(onPoison(message, context('runStepPoison'), wiring)).rejects.toThrow('no answer')
  })
})
