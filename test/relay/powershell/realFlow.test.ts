// The relay's command runner over the module in a real PowerShell.
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CommandRunner } from '../../../relay/powershell/commandRunner.ts'
import type { RunnerCommand, Ticket } from '../../../relay/powershell/runnerCommand.ts'
import type { ShellHost } from '../../../relay/powershell/shellHost.ts'
import type { Outcome } from '../../../relay/powershell/stepReply.ts'
import { aCommand } from '../aCommand.ts'
import { heapMb } from './heapMb.ts'
import { newHost, onPowerShell, realEnvironment, tracesOf } from './realPowerShell.ts'

const total = 50_000

onPowerShell(() => {
  const { env, folder } = realEnvironment()
  let host: ShellHost
  let runner: CommandRunner
  beforeAll(async () => {
    host = newHost(env, 2)
    runner = new CommandRunner({ host, parallel: 2, now: Date.now, log: pino({ level: 'silent' }) })
    await runner.start()
  }, 120_000)
  afterAll(async () => runner.close(5_000))

  test('50,000 rows pass at the pace of their reader, and none of them stays', async () => {
    let rows = 0
    let isHeld = false
    const heaps: number[] = []
    const onRow = ({ DeviceId }: Record<string, unknown>) => {
      expect(DeviceId).toBe(`ID${rows}`)
      rows += 1
      if (rows % 10_000 !== 0) return
      heaps.push(heapMb())
      isHeld = true
      setTimeout(() => {
        isHeld = false
        runner.wake()
      }, 20)
    }
    const returns = ['DeviceId', 'Guid', 'DeviceUserAgent']
    const outcome = await run('Get-MobileDevice', { ResultSize: total }, { returns, onRow, isHeld: () => isHeld })
    expect([outcome.ok, rows]).toEqual([true, total])
    // All rows together are 17 MB of text
    expect(Math.max(...heaps) - Math.min(...heaps)).toBeLessThan(5)
  })

  test('a list that nobody reads any more is stopped, and its session runs the next command', async () => {
    const ticket = start('Get-User', { Identity: 'never', ResultSize: 99 })
    const other = start('Get-User', { Identity: 'never', ResultSize: 99 })
    while (tracesOf(folder, 'never').length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    ticket.cancel()
    expect(await run('Set-Mailbox', { Identity: 'ana' })).toMatchObject({ ok: true })
    other.cancel()
  })

  test('a PowerShell that dies is told as such and replaced', async () => {
    const { pid = 0 } = host
    const dying = run('Get-User', { Identity: 'dying', ResultSize: 99 })
    while (tracesOf(folder, 'dying').length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    process.kill(pid, 'SIGKILL')
    expect(await dying).toMatchObject({ ok: false, error: { category: 'childFailed' } })
    expect(await run('Set-Mailbox', { Identity: 'ana' })).toMatchObject({ ok: true })
    expect(host.pid).not.toBe(pid)
  })

  async function run(cmdlet: string, parameters: RunnerCommand['parameters'], changes: Partial<RunnerCommand> = {}) {
    return new Promise<Outcome>((resolve) => {
      start(cmdlet, parameters, { onDone: resolve, ...changes })
    })
  }

  function start(
    cmdlet: string,
    parameters: RunnerCommand['parameters'],
    changes: Partial<RunnerCommand> = {},
  ): Ticket {
    return runner.lane().add(aCommand({ cmdlet, parameters, ...changes }))
  }
})
