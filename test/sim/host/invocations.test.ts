/** Bookkeeping of invocations, with a library stand-in of three lines. */
import { expect, test } from 'vitest'
import { Invocations, type SendOutputs } from '../../../sim/host/invocations.ts'
import type { LocalFunction } from '../../../sim/host/localFunction.ts'
import type { FunctionCallback, InvocationModel } from '../../../sim/host/rpc.ts'

function runs(callback: FunctionCallback, options: { functionTimeoutMs?: number; sendOutputs?: SendOutputs } = {}) {
  const model: InvocationModel = {
    getArguments: async () => ({ context: {}, inputs: [] }),
    invokeFunction: async () => callback(),
    getResponse: async (_context, result) => ({ returnValue: { string: String(result) } }),
  }
  const invocations = new Invocations({
    app: {
      model: { name: '', version: '', getCapabilities: async () => ({}), getInvocationModel: () => model },
      hooks: new Map(),
    },
    functionTimeoutMs: 10_000,
    sendOutputs: async () => undefined,
    log: () => undefined,
    ...options,
  })
  const trigger = { kind: 'timer' as const, schedule: '', runOnStartup: false }
  const fn: LocalFunction = {
    name: 'f',
    metadata: { name: 'f', bindings: {} },
    callback,
    triggerBinding: 't',
    trigger,
    outputs: new Map(),
  }
  return { invocations, run: () => invocations.run(fn, {}) }
}

test('a function that runs past functionTimeout has failed', async () => {
  const { run } = runs(() => new Promise(() => undefined), { functionTimeoutMs: 1 })
  expect(await run()).toMatchObject({ ok: false, error: { message: expect.stringContaining('functionTimeout') } })
})

test('a function whose output cannot be sent has failed', async () => {
  expect(
    await runs(() => 1, { sendOutputs: async () => Promise.reject(new Error('storage is away')) }).run(),
  ).toMatchObject({ ok: false, error: { message: 'storage is away' } })
})

test('a function that throws nothing in particular has failed all the same', async () => {
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the case under test
  expect(await runs(() => Promise.reject('text')).run()).toEqual({ ok: false, error: 'text' })
})

test('idle waits for all that runs, and listeners hear of each end', async () => {
  const ends: (() => void)[] = []
  const { invocations, run } = runs(() => new Promise<void>((resolve) => ends.push(resolve)))
  let heard = 0
  invocations.onEnd(() => (heard += 1))
  const both = [run(), run()]
  expect(invocations.running).toBe(2)
  const idle = invocations.idle().then(() => [invocations.running, heard])
  while (ends.length < 2) await Promise.resolve()
  for (const end of ends) end()
  expect(await idle).toEqual([0, 2])
  await Promise.all(both)
})
