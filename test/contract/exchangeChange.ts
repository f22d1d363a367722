/** The half of Exchange's contract that changes things: each test has a mailbox, a rule and batch ids of its own. */
import { describe, expect, test } from 'vitest'
import type { ChangeCommand, CommandOutcome, Conversation } from '../../functions/ports.ts'
import { collect } from '../exchange/collect.ts'
import type { SideUnderTest } from './exchange.ts'
import { mailboxGuid } from './exchangeWorld.ts'

type Edits = Partial<Record<'addAllowed' | 'removeAllowed' | 'addBlocked' | 'removeBlocked', readonly string[]>>

export function listsOf(id: string, mailbox: number, edits: Edits): ChangeCommand {
  const none = { addAllowed: [], removeAllowed: [], addBlocked: [], removeBlocked: [] }
  return { id, kind: 'lists', mailboxGuid: mailboxGuid(mailbox), ...none, ...edits }
}

export function changeContract({ converse, side }: SideUnderTest): void {
  const run = async (batchId: string, commands: readonly ChangeCommand[]) =>
    converse(async (conversation) => byId(await collect(conversation.change(batchId, commands))))
  const lists = async (mailbox: number) =>
    converse(async (conversation) => (await conversation.lists([mailboxGuid(mailbox)])).get(mailboxGuid(mailbox)))

  describe('changes of lists', () => {
    test('add and remove on both lists at once and leave the rest as it is', async () => {
      await side().setLists(mailboxGuid(10), { allowed: ['Keep', 'Drop'], blocked: ['Move'] })
      const outcomes = await run('lists-1', [
        listsOf('a', 10, { addAllowed: ['Move'], removeAllowed: ['drop'], removeBlocked: ['MOVE'] }),
        listsOf('b', 11, { addBlocked: ["Appl'; Get-Mailbox #", 'åäö§'] }),
      ])
      expect(outcomes).toMatchObject({ a: { ok: true, warnings: [] }, b: { ok: true } })
      expect(await lists(10)).toEqual({ allowed: ['Keep', 'Move'], blocked: [] })
      expect(await lists(11)).toEqual({ allowed: [], blocked: ["Appl'; Get-Mailbox #", 'åäö§'] })
    })

    test('that change nothing are done, with a warning', async () => {
      await side().setLists(mailboxGuid(12), { allowed: ['There'], blocked: [] })
      const outcomes = await run('lists-2', [listsOf('a', 12, { addAllowed: ['THERE'], removeBlocked: ['absent'] })])
      expect(outcomes).toMatchObject({ a: { ok: true, warnings: [expect.any(String)] } })
      expect(await lists(12)).toEqual({ allowed: ['There'], blocked: [] })
    })

    test('show in the state of the record', async () => {
      await run('lists-3', [listsOf('a', 13, { addBlocked: ['dev13'] })])
      const records = (await converse((conversation) => collect(conversation.records()))).flat()
      expect(records.find((record) => record.deviceId === 'DEV13')).toMatchObject({
        state: 'blocked',
        stateReason: 'Individual',
      })
    })

    test('on a mailbox that is gone did not run, and the others of the batch did', async () => {
      const outcomes = await run('lists-4', [
        listsOf('gone', 99_999, { addAllowed: ['x'] }),
        listsOf('here', 14, { addAllowed: ['x'] }),
      ])
      expect(outcomes).toMatchObject({
        gone: { ok: false, failure: { category: 'notFound', ran: 'no' } },
        here: { ok: true },
      })
      expect(await lists(14)).toEqual({ allowed: ['x'], blocked: [] })
    })

    test('may be on their way in several batches at once', async () => {
      const [first, second] = await converse(async (conversation) => {
        const batches = [conversation.change('two-1', forty(600)), conversation.change('two-2', forty(640))]
        return Promise.all(batches.map(async (batch) => byId(await collect(batch))))
      })
      for (const outcomes of [first, second]) {
        expect(Object.keys(outcomes ?? {})).toHaveLength(40)
        expect(Object.values(outcomes ?? {}).every((outcome) => outcome.ok)).toBe(true)
      }
      expect(await lists(679)).toEqual({ allowed: ['y'], blocked: [] })
    })
  })

  describe('a batch', () => {
    test('that was run is not run again: it is answered with the first outcomes', async () => {
      const first = await run('again-1', [listsOf('a', 15, { addAllowed: ['x'] }), rule('b', 'again')])
      await run('again-2', [listsOf('a', 15, { removeAllowed: ['x'] })])
      expect(await run('again-1', [listsOf('a', 15, { addAllowed: ['x'] }), rule('b', 'again')])).toEqual(first)
      expect(await lists(15)).toEqual({ allowed: [], blocked: [] })
    })

    test('with the id of another is refused', async () => {
      await run('used', [listsOf('a', 16, { addAllowed: ['x'] })])
      await expect(run('used', [listsOf('a', 16, { addBlocked: ['x'] })])).rejects.toMatchObject({
        code: 'relayRefused',
      })
      expect(await lists(16)).toEqual({ allowed: ['x'], blocked: [] })
    })

    test.each<[string, readonly ChangeCommand[]]>([
      ['without commands', []],
      ['with more than 500', Array.from({ length: 501 }, (_, i) => listsOf(`${i}`, 17, { addAllowed: ['x'] }))],
      ['with a command that changes nothing', [listsOf('good', 17, { addAllowed: ['x'] }), listsOf('bad', 17, {})]],
      ['with a command against itself', [listsOf('bad', 17, { addAllowed: ['x'], removeAllowed: ['x'] })]],
      ['with an empty id', [listsOf('bad', 17, { addAllowed: [''] })]],
      ['with a rule for nothing', [{ ...rule('bad', ' ') }]],
    ])('%s is not sent, nothing of it', async (title, commands) => {
      await expect(run(`wrong ${title}`, commands)).rejects.toMatchObject({ code: 'internal' })
      expect(await lists(17)).toEqual({ allowed: [], blocked: [] })
    })

    test('that was cut on its way throws, and what was not told is nowhere told as done', async () => {
      const commands = Array.from({ length: 400 }, (_, i) => listsOf(`${i}`, 700 + i, { addAllowed: ['z'] }))
      const told: CommandOutcome[] = []
      const work = converse(async (conversation) => {
        const outcomes = conversation.change('cut', commands)
        await side().cut()
        for await (const outcome of outcomes) told.push(outcome)
      })
      await expect(work).rejects.toMatchObject({ name: 'AppError', code: 'relayLost', retryable: true })
      const found = await converse((conversation) => conversation.lists(commands.map((_, i) => mailboxGuid(700 + i))))
      for (const { id } of told) expect(found.get(mailboxGuid(700 + Number(id)))?.allowed).toEqual(['z'])
    })
  })

  describe('changes of the configuration', () => {
    test('make, change and take away a rule', async () => {
      const made = (await run('rule-1', [rule('new', 'Made')]))['new']
      expect(made).toMatchObject({ ok: true, guid: expect.stringMatching(/^[0-9a-f-]{36}$/) })
      const guid = made?.guid ?? ''
      expect(await ruleOf(converse, guid)).toEqual({
        guid,
        queryString: 'Made',
        characteristic: 'UserAgent',
        level: 'block',
      })
      await run('rule-2', [{ id: 'set', kind: 'setRule', guid, level: 'allow' }])
      expect(await ruleOf(converse, guid)).toMatchObject({ level: 'allow' })
      await run('rule-3', [{ id: 'remove', kind: 'removeRule', guid }])
      expect(await ruleOf(converse, guid)).toBeUndefined()
      const gone = await run('rule-4', [{ id: 'remove', kind: 'removeRule', guid }])
      expect(gone).toMatchObject({ remove: { ok: false, failure: { category: 'notFound', ran: 'no' } } })
    })

    test('refuse a second rule for the same text, case ignored', async () => {
      await run('rule-5', [rule('first', 'Twice')])
      const second = await run('rule-6', [rule('second', 'TWICE')])
      expect(second).toMatchObject({ second: { ok: false, failure: { category: 'other', ran: 'yes' } } })
    })

    test('set the insert of Exchange’s mail and its recipients, and take them away again', async () => {
      const setting = async (batchId: string, text: string, addresses: string[]) => {
        const outcomes = await run(batchId, [
          { id: 'insert', kind: 'userMailInsert', text },
          { id: 'recipients', kind: 'adminMailRecipients', addresses },
        ])
        expect(outcomes).toMatchObject({ insert: { ok: true }, recipients: { ok: true } })
        return converse((conversation) => conversation.configuration('decisive'))
      }
      const text = 'Enrol “your” phone;\nask IT $(Get-Mailbox)'
      expect(await setting('insert-1', text, ['a@contoso.com', 'b@contoso.com'])).toMatchObject({
        userMailInsert: text,
        adminMailRecipients: ['a@contoso.com', 'b@contoso.com'],
      })
      expect(await setting('insert-2', '', [])).toMatchObject({ userMailInsert: null, adminMailRecipients: [] })
      await expect(run('insert-3', [{ id: '1', kind: 'userMailInsert', text: 'x'.repeat(257) }])).rejects.toMatchObject(
        {
          code: 'internal',
        },
      )
    })

    test('make, change and take away a mailbox policy', async () => {
      const policyOf = async (guid: string) => {
        const { mailboxPolicies } = await converse((conversation) => conversation.configuration())
        return mailboxPolicies.find((policy) => policy.guid === guid)
      }
      const properties = { PasswordEnabled: true, MinPasswordLength: 6, AllowCamera: false }
      const made = (await run('policy-1', [{ id: 'new', kind: 'newPolicy', name: 'Phones', properties }]))['new']
      const guid = made?.guid ?? ''
      expect(await policyOf(guid)).toMatchObject({ guid, name: 'Phones', properties })
      const again = await run('policy-2', [{ id: 'new', kind: 'newPolicy', name: 'PHONES', properties }])
      expect(again).toMatchObject({ new: { ok: false, failure: { category: 'other', ran: 'yes' } } })
      const other = { MinPasswordLength: null, AllowCamera: true }
      await run('policy-3', [{ id: 'set', kind: 'setPolicy', guid, properties: other }])
      const now = (await policyOf(guid))?.properties
      expect(now).toMatchObject({ PasswordEnabled: true, AllowCamera: true })
      expect(now).not.toHaveProperty('MinPasswordLength')
      expect(await run('policy-4', [{ id: 'remove', kind: 'removePolicy', guid }])).toMatchObject({
        remove: { ok: true },
      })
      expect(await policyOf(guid)).toBeUndefined()
      const gone = await run('policy-5', [{ id: 'set', kind: 'setPolicy', guid, properties: other }])
      expect(gone).toMatchObject({ set: { ok: false, failure: { category: 'notFound', ran: 'no' } } })
      const wrong: ChangeCommand = { id: '1', kind: 'newPolicy', name: 'Bad', properties: { AllowCamera: 'maybe' } }
      await expect(run('policy-6', [wrong])).rejects.toMatchObject({ code: 'internal' })
    })

    test('give mailboxes a policy and Exchange’s default again, and it stays while a mailbox has it', async () => {
      const properties = { PasswordEnabled: true }
      const made = await run('assign-1', [{ id: 'new', kind: 'newPolicy', name: 'Tablets', properties }])
      const policy = made['new']?.guid ?? ''
      const assign = (id: string, mailbox: number, to: string | null): ChangeCommand => {
        return { id, kind: 'assignPolicy', mailboxGuid: mailboxGuid(mailbox), policy: to }
      }
      const given = async () => {
        const guids = [20, 21, 22, 99_999].map(mailboxGuid)
        const found = await converse((conversation) => conversation.policiesOf(guids))
        return guids.flatMap((guid) => (found.has(guid) ? [[guid, found.get(guid)]] : []))
      }
      expect(await given()).toEqual([20, 21, 22].map((mailbox) => [mailboxGuid(mailbox), null]))
      const outcomes = await run('assign-2', [
        assign('guid', 20, policy),
        assign('name', 21, 'TABLETS'),
        assign('gone', 99_999, policy),
        assign('unknown', 22, 'No such policy'),
      ])
      const failed = { ok: false, failure: { category: 'notFound', ran: 'no' } }
      expect(outcomes).toMatchObject({ guid: { ok: true }, name: { ok: true }, gone: failed, unknown: failed })
      const [first] = await converse((conversation) => conversation.findMailboxes([{ guids: [mailboxGuid(20)] }]))
      expect(first?.mailbox.activeSyncPolicy).toBe('Tablets')
      expect(await given()).toEqual([
        [mailboxGuid(20), 'Tablets'],
        [mailboxGuid(21), 'Tablets'],
        [mailboxGuid(22), null],
      ])
      const remove: ChangeCommand = { id: 'remove', kind: 'removePolicy', guid: policy }
      expect(await run('assign-3', [remove])).toMatchObject({ remove: { ok: false, failure: { category: 'other' } } })
      await run('assign-4', [assign('a', 20, null), assign('b', 21, null)])
      expect(await given()).toEqual([20, 21, 22].map((mailbox) => [mailboxGuid(mailbox), null]))
      expect(await run('assign-5', [remove])).toMatchObject({ remove: { ok: true } })
      await expect(run('assign-6', [assign('blank', 20, ' ')])).rejects.toMatchObject({ code: 'internal' })
    })

    test('set the default for everybody', async () => {
      for (const level of ['block', 'quarantine'] as const) {
        expect(await run(`default-${level}`, [{ id: '1', kind: 'defaultLevel', level }])).toMatchObject({
          1: { ok: true },
        })
        expect(await converse((conversation) => conversation.configuration())).toMatchObject({ defaultLevel: level })
      }
    })
  })
}

function forty(from: number): ChangeCommand[] {
  return Array.from({ length: 40 }, (_, i) => listsOf(`${i}`, from + i, { addAllowed: ['y'] }))
}

function rule(id: string, queryString: string): ChangeCommand {
  return { id, kind: 'newRule', queryString, characteristic: 'UserAgent', level: 'block' }
}

async function ruleOf(converse: SideUnderTest['converse'], guid: string) {
  const { rules } = await converse((conversation: Conversation) => conversation.configuration())
  return rules.find((candidate) => candidate.guid === guid)
}

function byId(outcomes: readonly CommandOutcome[]): Record<string, CommandOutcome> {
  expect(new Set(outcomes.map((outcome) => outcome.id)).size).toBe(outcomes.length)
  return Object.fromEntries(outcomes.map((outcome) => [outcome.id, outcome]))
}
