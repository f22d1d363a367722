// The module in a real PowerShell: what only WSMan's transport says, by codes (wsmerror.h), thrown here where the transport would throw it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Shell } from '../../../relay/powershell/shell.ts'
import { parseOpenReply, parseStepReply, type Outcome } from '../../../relay/powershell/stepReply.ts'
import { argument, fixture, onPowerShell, realEnvironment, startShell } from './realPowerShell.ts'

const callMs = 60_000
const command = {
  key: 'c1',
  cmdlet: 'Remove-MobileDevice',
  parameters: {},
  returns: [],
  notAfter: '2999-01-01T00:00:00Z',
}
const quota = (waitMs: number) => ({
  code: -2144108121,
  message: `Der Benutzer hat 1000 Anfragen in 2 Sekunden gestellt; die nächste frühestens in ${waitMs} Millisekunden.`,
})

onPowerShell(() => {
  let shell: Shell
  beforeAll(async () => {
    shell = await startShell(realEnvironment().env)
  }, callMs)
  afterAll(() => shell.kill())

  test.each([
    ['too many shells of the account', -2144108060, 'shellLimit', 30_000],
    ['too many shells of all accounts', -2144108123, 'shellLimit', 30_000],
    ['access denied', 5, 'accessDenied', undefined],
    ['a host that is not there', -2144108250, 'sessionBroken', undefined],
    ['no code at all', 0, 'sessionBroken', undefined],
  ])('a session that is refused by %s (%i) is told as %s', async (_what, code, category, retryAfterMs) => {
    expect(await openWith({ failures: { open: { code, message: 'x' } } })).toEqual({
      category,
      message: 'x',
      retryAfterMs,
    })
  })

  test('a session that Exchange itself refuses, behind the web server, is told by its tag', async () => {
    const message =
      'x: [ClientAccessServer=EX01,RequestId=1] [FailureCategory=AuthZ-AuthorizationException] Fail to create a runspace.'
    const failures = { open: { code: -2144108477, message } }
    expect(await openWith({ failures })).toEqual({ category: 'shellLimit', message, retryAfterMs: 30_000 })
  })

  test('a session that is refused until later says when', async () => {
    expect(await openWith({ failures: { open: quota(1700) } })).toMatchObject({
      category: 'throttled',
      retryAfterMs: 1700,
    })
  })

  test('a session that breaks while it opens is told as broken', async () => {
    expect(await openWith({ breaks: true })).toMatchObject({ category: 'sessionBroken' })
  })

  test('a session that cannot see the whole forest is not used', async () => {
    expect(await openWith({ viewEntireForest: true, failures: {} })).toMatchObject({ category: 'cmdletHidden' })
  })

  test('a command that is to come later is run again after the time named, even one that may not be repeated', async () => {
    const outcome = await outcomeWith({ command: [quota(150), quota(150)] })
    expect(outcome).toMatchObject({ ok: true })
    expect(outcome.durationMs).toBeGreaterThanOrEqual(300)
  })

  test('one that is to wait too long is handed back with the time', async () => {
    const outcome = await outcomeWith({ command: [quota(31_000)] })
    expect(outcome).toMatchObject({ ok: false, error: { category: 'throttled', retryAfterMs: 31_000 } })
  })

  test.each([
    ['Runspaces.InvalidRunspaceStateException', 'sessionBroken'],
    ['Runspaces.InvalidPipelineStateException', 'sessionBroken'],
    ['Remoting.PSRemotingDataStructureException', 'sessionBroken'],
    ['PSInvalidOperationException', 'sessionBroken'],
    ['PipelineStoppedException', 'sessionBroken'],
    ['CommandNotFoundException', 'cmdletHidden'],
    ['RuntimeException', 'other'],
  ])("PowerShell's own %s is told as %s", async (type, category) => {
    const outcome = await outcomeWith({ command: [{ type: `System.Management.Automation.${type}` }] })
    expect(outcome).toMatchObject({ ok: false, error: { category, message: 'x' } })
  })

  test('the lines it was given are not kept', async () => {
    await openWith({ failures: {} })
    expect(await shell.invoke('(Get-History).Count', callMs)).toBe('1')
  })

  test('a command whose session is gone before it is sent is given to another, once, whatever it is', async () => {
    expect(await shell.invoke(`& '${fixture('ClosedSession.ps1')}'`, callMs)).toBe('waits ends as sessionBroken')
  })

  async function openWith(connection: object): Promise<object> {
    const settings = { parallel: 2, connection: { server: 'ex01', ...connection } }
    return parseOpenReply(await shell.invoke(`Open-Easgate ${argument(settings)}`, callMs))
  }

  async function outcomeWith(failures: object): Promise<Outcome> {
    expect(await openWith({ failures })).toMatchObject({ server: 'ex01' })
    for (let start = [command]; ; start = []) {
      const step = { start, hold: [], cancel: [], waitMs: 500, maxRows: 1 }
      const { events } = parseStepReply(await shell.invoke(`Step-Easgate ${argument(step)}`, callMs))
      for (const event of events) if ('done' in event) return event.done
    }
  }
})
