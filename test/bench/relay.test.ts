/** The bench of the relay runs the built relay on a real PowerShell where one is found, and says so where none is. */
import { expect, test } from 'vitest'
import { relay } from '../../bench/relay.ts'
import { onPowerShell } from '../relay/powershell/realPowerShell.ts'

onPowerShell(() => {
  test('measures sessions side by side, beside the bare cmdlets', async () => {
    const result = await relay({ records: 8, rounds: 1, parallel: [1, 4] })
    expect(result.rows.map(({ parallel, commands }) => [parallel, commands])).toEqual([
      [1, 8],
      [4, 8],
    ])
    // A cmdlet takes 100 ms, whoever calls it
    for (const row of result.rows) {
      for (const name of ['easgate ms each', 'bare ms each', 'round trip ms', 'bare call ms']) {
        expect(row[name]).toBeGreaterThan(99)
      }
    }
    const names = [
      'relay, node-powershell and module at parallel 4, commands one by one',
      'relay, node-powershell and module at parallel 4, commands in one batch',
      'speed-up at parallel 4',
    ]
    expect(result.figures.map(({ name }) => name)).toEqual(names)
  })
})

test('without a PowerShell it says so and misses nothing', async () => {
  const { EASGATE_PWSH: named, PATH: folders } = process.env
  Object.assign(process.env, { EASGATE_PWSH: '', PATH: '/nowhere' })
  try {
    const { rows, figures } = await relay({})
    expect([rows, figures]).toEqual([[{ relay: expect.stringContaining('no PowerShell found') }], []])
  } finally {
    Object.assign(process.env, { PATH: folders })
    if (named === undefined) delete process.env['EASGATE_PWSH']
    else process.env['EASGATE_PWSH'] = named
  }
})
