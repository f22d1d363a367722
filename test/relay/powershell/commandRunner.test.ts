import { afterEach, expect, test } from 'vitest'
import type { Outcome } from '../../../relay/powershell/stepReply.ts'
import { startRunner, type TestRunner } from '../startRelay.ts'

let running: TestRunner | undefined
afterEach(async () => {
  await running?.runner.close(2_000)
})

test('a command runs and its rows come before its outcome', async () => {
  running = await startRunner()
  const rows: object[] = []
  const outcome = await new Promise<Outcome>((resolve) => {
    running!.runner.lane().add({
      cmdlet: 'Get-MobileDevice', parameters: { Filter: 'rows=3 ms=5' }, returns: ['Guid'], silenceMs: 1000,
      notAfter: () => new Date(Date.now() + 1000).toISOString(), isHeld: () => false, onRow: (row) => rows.push(row), onDone: resolve,
    })
  })
  expect(outcome.ok).toBe(true)
  expect(rows.length).toBe(3)
})
