// The module in a real PowerShell: what it prints for what it is given. Every reply goes through stepReply.ts, which counts its lines.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ShellHost } from '../../../relay/powershell/shellHost.ts'
import { hardTexts } from './hardTexts.ts'
import { newHost, onPowerShell, realEnvironment, Steps, tracesOf } from './realPowerShell.ts'

const parallel = 3

onPowerShell(() => {
  const { env, folder } = realEnvironment()
  let host: ShellHost
  let steps: Steps
  beforeAll(async () => {
    host = newHost(env, parallel)
    await host.open()
    steps = new Steps(host)
  }, 120_000)
  afterAll(async () => host.close())

  test('opening tells what Exchange this is', () => {
    expect(host.opened).toMatchObject({ organization: 'Contoso', server: 'ex01.contoso.com', dialect: 'MobileDevice' })
    expect(tracesOf(folder, 'forest').length).toBeGreaterThan(0)
  })

  test('a row holds the properties that were asked for and no others, each as JSON can carry it', async () => {
    const { rows, outcome } = await steps.run('Get-CASMailbox', { Identity: 'a"§😀' }, [
      ...Object.keys(values),
      'Missing',
    ])
    expect(rows).toEqual([{ ...values, Missing: null }])
    expect(outcome).toMatchObject({ ok: true, warnings: [] })
    expect((await steps.run('Get-CASMailbox', {}, ['Yes'])).rows).toEqual([{ Yes: true }])
    expect((await steps.run('Get-CASMailbox', {}, [])).rows).toEqual([])
  })

  test("a command's parameters are the names that the account's roles leave of them", async () => {
    const { rows, outcome } = await steps.run('Get-Command', { Name: ['Set-CASMailbox'] }, ['Name', 'Parameters'])
    expect(outcome).toMatchObject({ ok: true })
    const names = ['Confirm', 'Edit', 'Flag', 'Identity', 'List', 'Nothing', 'Number', 'Text', 'WhatIf']
    expect(rows).toEqual([{ Name: 'Set-CASMailbox', Parameters: expect.arrayContaining(names) }])
    expect(rows[0]?.['Parameters']).not.toContain('Hidden')
  })

  test('of several commands those that roles hide fail the question, after the others were given', async () => {
    const { rows, outcome } = await steps.run('Get-Command', { Name: ['Get-User', 'Get-Hidden'] }, ['Name'])
    expect(rows).toEqual([{ Name: 'Get-User' }])
    expect(outcome).toMatchObject({ ok: false, error: { category: 'cmdletHidden' } })
  })

  test('parameters arrive with their types: numbers, switches, nothing, lists, and edits as a Hashtable', async () => {
    const edit = { Add: ['b'], Remove: ['c', 'd'] }
    const given = { Number: 5, Flag: true, Nothing: null, List: ['a'], Edit: edit }
    expect(await arrived(given)).toEqual({
      Number: { type: 'Int32', value: 5 },
      Flag: { type: 'Boolean', value: true },
      Nothing: { type: 'null', value: null },
      // What remoting makes of an array of texts
      List: { type: 'ArrayList', value: ['a'] },
      Edit: { type: 'Hashtable', value: edit },
      Confirm: { type: 'SwitchParameter', value: { IsPresent: false } },
    })
    expect(await arrived({ Edit: { Remove: ['x'] }, List: [] })).toMatchObject({
      Edit: { type: 'Hashtable', value: { Remove: ['x'] } },
      List: { type: 'ArrayList', value: [] },
    })
  })

  test.each([...hardTexts, ['nothing', ''], ['10,000 characters', 'x§'.repeat(5_000)]])(
    'a parameter that holds %s arrives as it was',
    async (_what, text) => {
      const values = await arrived({ Text: text, List: [text, 'b'], Edit: { Add: [text] } })
      expect(values).toMatchObject({
        Text: { type: 'String', value: text },
        List: { value: [text, 'b'] },
        Edit: { value: { Add: [text] } },
      })
    },
  )

  test('warnings are told as such, and nothing else that a cmdlet says', async () => {
    const { outcome, rows } = await steps.run('Set-Mailbox', { Identity: 'ana' }, ['Identity'])
    const warnings = ["The command completed successfully but no settings of 'ana' have been modified.", 'Second']
    expect(outcome).toMatchObject({ ok: true, warnings })
    expect(rows).toEqual([])
  })

  test('as many commands run at once as there are sessions, the others wait in the module', async () => {
    // Each ends only when `parallel` of them have started.
    const meet = { cmdlet: 'Get-User', parameters: { Identity: 'meet', ResultSize: parallel } }
    const first = await steps.start(...Array.from({ length: parallel }, () => meet))
    await steps.until(() => first.every(({ outcome }) => outcome?.ok === true))

    const alone = { cmdlet: 'Get-User', parameters: { Identity: 'alone', ResultSize: parallel + 1 } }
    const more = await steps.start(...Array.from({ length: parallel + 1 }, () => alone))
    await steps.until(() => tracesOf(folder, 'alone').length === parallel)
    await steps.take({ waitMs: 50 })
    expect([steps.running, steps.queued, tracesOf(folder, 'alone').length]).toEqual([parallel, 1, parallel])
    await steps.take({ cancel: more.slice(0, 1).map(({ key }) => key) })
    await steps.until(() => more.every(({ outcome }) => outcome !== undefined))
    expect(more.map(({ outcome }) => outcome?.error?.category)).toEqual(['refused', undefined, undefined, undefined])
    expect([steps.running, steps.queued]).toEqual([0, 0])
  })

  test('a command that waits can be taken back', async () => {
    const never = { cmdlet: 'Get-User', parameters: { Identity: 'never', ResultSize: 99 } }
    const all = await steps.start(...Array.from({ length: parallel + 1 }, () => never))
    await steps.take({ cancel: all.map(({ key }) => key) })
    await steps.until(() => all.every(({ outcome }) => outcome?.error?.category === 'refused'))
    expect(tracesOf(folder, 'never').length).toBeLessThanOrEqual(parallel)
  })

  test('a command is not started at or after its notAfter', async () => {
    const [late] = await steps.start({
      cmdlet: 'Get-User',
      parameters: { Identity: 'late' },
      notAfter: '2020-01-01T00:00:00.000Z',
    })
    await steps.until(() => late?.outcome !== undefined)
    expect(late?.outcome).toMatchObject({ ok: false, durationMs: 0, error: { category: 'expired' } })
    const [soon] = await steps.start({
      cmdlet: 'Get-User',
      parameters: { Identity: 'soon' },
      notAfter: new Date(Date.now() + 60_000).toISOString(),
    })
    await steps.until(() => soon?.outcome !== undefined)
    expect(soon?.outcome).toMatchObject({ ok: true })
    expect(tracesOf(folder, 'late')).toEqual([])
  })

  test('rows of a held command and its outcome wait until it is held no more, those of others do not', async () => {
    const list = { cmdlet: 'Get-MobileDevice', parameters: { ResultSize: 5 }, returns: ['DeviceId'] }
    const [held] = await steps.start({ ...list, isHeld: true })
    await steps.until(() => steps.running === 0)
    const other = await steps.run('Get-MobileDevice', { ResultSize: 5 }, ['DeviceId'])
    expect([other.rows.length, held?.rows.length, held?.outcome]).toEqual([5, 0, undefined])
    steps.held.clear()
    await steps.until(() => held?.outcome !== undefined)
    expect(held?.rows).toEqual(other.rows)
  })

  test('a reply holds no more rows than the relay takes, and the outcome comes after the last', async () => {
    const [list] = await steps.start({
      cmdlet: 'Get-MobileDevice',
      parameters: { ResultSize: 25 },
      returns: ['DeviceId'],
    })
    const sizes: number[] = []
    for (let isDone = false; !isDone; isDone = list?.outcome !== undefined) {
      const events = await steps.take({ maxRows: 10 })
      sizes.push(events.filter((event) => 'row' in event).length)
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10)
    expect(list?.rows.map(({ DeviceId }) => DeviceId)).toEqual(Array.from({ length: 25 }, (_, at) => `ID${at}`))
  })

  async function arrived(parameters: object): Promise<unknown> {
    const { rows, outcome } = await steps.run('Set-CASMailbox', parameters, ['Arrived'])
    expect(outcome).toMatchObject({ ok: true })
    return JSON.parse(String(rows[0]?.['Arrived']))
  }
})

const values = {
  Guid: 'a1b2c3d4-0000-4000-8000-abcdefabcdef',
  Utc: '2026-05-09T06:30:15.250Z',
  Local: '2026-05-09T06:30:15.000Z',
  Unspecified: '2026-05-09T06:30:15.000Z',
  Enum: 'Saturday',
  Flags: 'Hidden, System',
  Several: ['a', 'b'],
  One: ['only'],
  None: [],
  Numbers: [1, 2],
  Dates: ['2026-01-02T00:00:00.000Z'],
  Nothing: null,
  Yes: true,
  Count: 7,
  Size: '5368709120',
  Share: 0.5,
  Letter: 'x',
  Text: 'a"§😀',
  Empty: '',
  Span: '01:15:00',
  Object: '15.2.1118',
  Objects: ['1.2', '3.4'],
  Table: ['Key'],
}
