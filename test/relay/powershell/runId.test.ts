// The run's id towards PowerShell: it is a part of the command's key, which the module reports with every row and outcome.
import { expect, test } from 'vitest'
import { guidOf, startExchangeSide } from '../startExchangeSide.ts'

test('a command that failed is logged by the key that the module reported, without what it said of people', async () => {
  const relay = await startExchangeSide()
  const nobody = guidOf(999)
  const outcome = await relay.run('Get-CASMailbox', { Identity: nobody }, { runId: 'run-1' })
  expect(outcome).toMatchObject({ ok: false, error: { category: 'notFound' } })
  const [line, ...others] = relay.lines('relay.command.failed').filter(({ runId }) => runId === 'run-1')
  expect(others).toEqual([])
  expect(line).toMatchObject({ cmdlet: 'Get-CASMailbox', category: 'notFound', durationMs: expect.any(Number) })
  expect(line?.['command']).toMatch(/^run-1\.c\d+$/)
  expect(JSON.stringify(line)).not.toContain(nobody)
})

test('a command of no run has a key without one', async () => {
  const relay = await startExchangeSide()
  await relay.run('Get-CASMailbox', { Identity: guidOf(999) })
  const lines = relay.lines('relay.command.failed').filter(({ category }) => category === 'notFound')
  expect(lines.map(({ command }) => String(command)).filter((key) => !/^c\d+$/.test(key))).toEqual([])
  expect(lines.length).toBeGreaterThan(0)
})
