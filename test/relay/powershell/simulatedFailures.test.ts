// The module in a real PowerShell on the simulated Exchange: how commands fail, and what the module does about it by itself.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onPowerShell } from './realPowerShell.ts'
import { guid, people, startSimulatedRelay, type SimulatedRelay } from './simulatedExchange.ts'

const openMs = 120_000
const [ana, protectedUser] = [guid(8000, 0), guid(8002, 1)]
const twins = [1, 2].map((index) => ({ Guid: guid(8002, 10 + index), DistinguishedName: `CN=Twin,OU=O${index},DC=c` }))
const locked = { Guid: protectedUser, DistinguishedName: 'CN=error-ADOperationException,OU=Users,DC=c' }
const { mailboxes, devices } = people(3)
const rule = { QueryString: 'WP8', Characteristic: 'DeviceType', AccessLevel: 'Block' }

onPowerShell(() => {
  let relay: SimulatedRelay
  beforeAll(async () => {
    relay = await startSimulatedRelay({
      world: { mailboxes: [...mailboxes, ...twins, locked], devices, hidden: { cmdlets: ['Remove-MobileDevice'] } },
    })
  }, openMs)
  afterAll(async () => relay.close())

  test.each([
    ['Get-CASMailbox', { Identity: 'nobody' }, 'notFound'],
    ['Get-CASMailbox', { Identity: 'Twin' }, 'ambiguous'],
    ['Set-CASMailbox', { Identity: protectedUser, ActiveSyncAllowedDeviceIDs: { Add: ['a'] } }, 'accessDenied'],
    ['Remove-MobileDevice', { Identity: guid(8001, 0) }, 'cmdletHidden'],
    ['Get-CASMailbox', { Identity: ana, Hidden: 1 }, 'parameterHidden'],
    ['Get-CASMailbox', { Filter: 'Nonsense -eq' }, 'other'],
    ['Set-CASMailbox', {}, 'other'],
  ])('%s %o is told as %s', async (cmdlet, parameters, category) => {
    const { outcome } = await relay.run(cmdlet, parameters, ['Guid'])
    expect(outcome).toMatchObject({ ok: false, error: { category, message: expect.stringMatching(/./) } })
  })

  test.each([
    ['ManagementObjectNotFoundException', undefined, 'notFound'],
    ['ManagementObjectAmbiguousException', undefined, 'ambiguous'],
    ['ADOperationException', undefined, 'accessDenied'],
    ['CmdletAccessDeniedException', undefined, 'accessDenied'],
    ['UnauthorizedAccessException', undefined, 'accessDenied'],
    ['CommandNotFoundException', undefined, 'cmdletHidden'],
    ['ParameterBindingException', 'NamedParameterNotFound', 'parameterHidden'],
    ['ParameterBindingException', 'MissingMandatoryParameter', 'other'],
    ['PSInvalidOperationException', undefined, 'sessionBroken'],
    ['InvalidRunspaceStateException', undefined, 'sessionBroken'],
    ['PSRemotingTransportException', undefined, 'sessionBroken'],
    ['TaskException', 'AuthZ-AuthorizationException', 'shellLimit'],
    ['ADObjectAlreadyExistsException', undefined, 'other'],
  ])('the reason %s (%s) is told as %s, whatever the message says', async (reason, failureCategory, category) => {
    const named = failureCategory === undefined ? {} : { failureCategory }
    relay.fail({ failNext: [{ cmdlet: 'New-ActiveSyncDeviceAccessRule', reason, message: 'x', times: 1, ...named }] })
    const { outcome } = await relay.run('New-ActiveSyncDeviceAccessRule', rule)
    expect(outcome).toMatchObject({ ok: false, error: { category } })
    // Where the last session broke, the relay says in its own words that none is left
    if (category !== 'sessionBroken') expect(outcome.error?.message).toBe('x')
  })

  test('a warning comes back as such, with the success that it belongs to', async () => {
    const { outcome } = await relay.run('Set-CASMailbox', { Identity: ana, ActiveSyncAllowedDeviceIDs: { Add: [] } })
    expect(outcome).toMatchObject({ ok: true, warnings: [expect.stringContaining('no settings of')] })
  })

  test('throttled commands wait as long as Exchange says and go on, also those that may not be repeated', async () => {
    const periodMs = 300
    relay.fail({ throttle: { requests: 2, periodMs } })
    const seen = relay.simulation.journal.count
    const rules = ['A', 'B', 'C', 'D', 'E'].map((QueryString) => ({ ...rule, QueryString }))
    const ended = await Promise.all(rules.map(async (one) => relay.run('New-ActiveSyncDeviceAccessRule', one)))
    expect(ended.map(({ outcome }) => outcome.ok)).toEqual([true, true, true, true, true])
    const times = relay.simulation.journal.since(seen).map(({ at }) => Date.parse(at))
    expect(times).toHaveLength(5)
    // Two a period, so the fifth comes in the third
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(periodMs)
  })

  test('a wait that is too long is handed back with its length, and the session goes on', async () => {
    const throttled = {
      cmdlet: 'Get-CASMailbox',
      reason: 'PSRemotingTransportException',
      times: 1,
      retryAfterMs: 31_000,
    }
    relay.fail({ failNext: [throttled] })
    const shells = relay.simulation.shells.size
    const { outcome } = await relay.run('Get-CASMailbox', { Identity: ana }, ['Guid'])
    expect(outcome).toMatchObject({ ok: false, error: { category: 'throttled', retryAfterMs: 31_000 } })
    expect((await relay.run('Get-CASMailbox', { Identity: ana }, ['Guid'])).rows).toEqual([{ Guid: ana }])
    expect(relay.simulation.shells.size).toBe(shells)
  })

  /*
   * the connection is lost | cmdlet | in the journal        | outcome
   * before it ran          | Get    |                       | its rows, from another session
   * before it ran          | Set    | once                  | done
   * after it ran           | Set    | twice, the same state | done
   * after it ran           | New    | once                  | broken, unknown
   * before it ran          | New    | never                 | broken, unknown: nobody could tell
   */
  test.each([
    ['before', 'Get-CASMailbox', { Identity: ana }, 0, true],
    ['before', 'Set-CASMailbox', { Identity: ana, ActiveSyncAllowedDeviceIDs: { Add: ['before'] } }, 1, true],
    ['after', 'Set-CASMailbox', { Identity: ana, ActiveSyncAllowedDeviceIDs: { Add: ['after'] } }, 2, true],
    ['after', 'New-ActiveSyncDeviceAccessRule', { ...rule, QueryString: 'after' }, 1, false],
    ['before', 'New-ActiveSyncDeviceAccessRule', { ...rule, QueryString: 'before' }, 0, false],
  ] as const)('a session that breaks %s %s ran %o: it ran %i times', async (when, cmdlet, parameters, times, ok) => {
    relay.fail({ cutNext: [{ cmdlet, when, times: 1 }] })
    const seen = relay.simulation.journal.count
    const { rows, outcome } = await relay.run(cmdlet, parameters, ['Guid'])
    expect(relay.simulation.journal.count - seen).toBe(times)
    expect(outcome.ok).toBe(ok)
    if (!ok) expect(outcome.error?.category).toBe('sessionBroken')
    if (cmdlet === 'Get-CASMailbox') expect(rows).toEqual([{ Guid: ana }])
  })

  test('one that breaks twice is given up', async () => {
    relay.fail({ cutNext: [{ cmdlet: 'Get-CASMailbox', when: 'before', times: 2 }] })
    const { outcome } = await relay.run('Get-CASMailbox', { Identity: ana }, ['Guid'])
    expect(outcome).toMatchObject({ ok: false, error: { category: 'sessionBroken' } })
    expect((await relay.run('Get-CASMailbox', { Identity: ana }, ['Guid'])).outcome.ok).toBe(true)
  })

  test('a pipeline that Exchange never answers can be stopped, and its session is free again', async () => {
    relay.fail({ hangNext: [{ cmdlet: 'Get-CASMailbox', times: 2 }] })
    const tickets = [0, 1].map(() => relay.start('Get-CASMailbox', { Identity: ana }))
    for (const ticket of tickets) {
      while (relay.simulation.faults.settings.hangNext?.[0]?.times !== 0)
        await new Promise((resolve) => setTimeout(resolve, 2))
      ticket.cancel()
    }
    expect((await relay.run('Get-MobileDevice', { Identity: guid(8001, 0) }, ['Guid'])).outcome.ok).toBe(true)
  })
})

onPowerShell(() => {
  test('fewer shells than sessions are enough: what is refused is used no more', async () => {
    const relay = await startSimulatedRelay({ parallel: 3, faults: { shellLimit: 1 } })
    const ended = await Promise.all(
      [1, 2, 3, 4].map(async () => relay.run('Get-CASMailbox', { Identity: ana }, ['Guid'])),
    )
    expect(ended.map(({ outcome }) => outcome.ok)).toEqual([true, true, true, true])
    expect(relay.simulation.shells.size).toBe(1)
    await relay.close()
    expect(relay.simulation.shells.size).toBe(0)
  })

  test.each([
    ['no shell is left', { shellLimit: 0 }, 'shellLimit'],
    ['the server does not answer', { unreachable: ['*'] }, 'sessionBroken'],
    ['the session cannot see the whole forest', { hidden: { cmdlets: ['Set-ADServerSettings'] } }, 'cmdletHidden'],
  ])('when %s, opening says so', async (_what, faults, category) => {
    const hidden = 'hidden' in faults ? { world: { hidden: faults.hidden } } : { faults }
    const relay = await startSimulatedRelay(hidden)
    expect(relay.host.lastFailure).toMatchObject({ category })
    await relay.close()
  })
})
