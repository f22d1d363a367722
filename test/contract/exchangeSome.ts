/** The part of Exchange's contract about reading some mailboxes and records. */
import { expect, test } from 'vitest'
import type { Conversation, MailboxQuery } from '../../functions/ports.ts'
import { expectedMailboxes, expectedRecords, mailboxGuid, many, recordGuid } from './exchangeWorld.ts'

type Converse = <T>(use: (conversation: Conversation) => Promise<T>) => Promise<T>

const never = '2999-01-01T00:00:00.000Z'
const always = '1969-01-01T00:00:00.000Z'

export function someContract(converse: Converse): void {
  const find = async (queries: readonly MailboxQuery[]) =>
    (await converse((conversation) => conversation.findMailboxes(queries))).map(({ mailbox }) => mailbox)

  test('mailboxes are found by Guid; one that is not there is missing', async () => {
    const found = await find([{ guids: [mailboxGuid(1), mailboxGuid(2), mailboxGuid(999_999), 'no Guid at all'] }])
    expect(found.toSorted((a, b) => (a.guid < b.guid ? -1 : 1))).toEqual([expectedMailboxes[1], expectedMailboxes[2]])
  })

  test.each<[string, MailboxQuery, readonly number[]]>([
    ['the primary address', { addresses: ['ana@contoso.com'], dn: null }, [1]],
    ['any other address', { addresses: ['nobody@contoso.com', 'ana@old.contoso.com'], dn: null }, [1]],
    ['the DN, comma and all, case ignored', { addresses: [], dn: 'cn=gomes\\, ana,OU=Users,DC=contoso,DC=com' }, [1]],
    ['an address that would end a filter', { addresses: ["x' -or Guid -ne 'y"], dn: "CN=' -or Name -like '*" }, []],
    ['nothing', { addresses: [], dn: null }, []],
  ])('mailboxes are found by %s', async (_what, query, indexes) => {
    expect((await find([query])).map(({ guid }) => guid)).toEqual(indexes.map(mailboxGuid))
  })

  test('each mailbox comes once, however many questions it answers', async () => {
    const found = await find([
      { guids: [mailboxGuid(1)] },
      { addresses: ['ana@contoso.com'], dn: null },
      { guids: [mailboxGuid(1)] },
    ])
    expect(found).toEqual([expectedMailboxes[1]])
  })

  test('mailboxes that changed are found by when, and a change says when it was', async () => {
    expect(await find([{ changedSince: never }])).toEqual([])
    expect((await find([{ changedSince: always }])).length).toBe(many)
    const guid = mailboxGuid(42)
    const [before] = await converse((conversation) => conversation.findMailboxes([{ guids: [guid] }]))
    await converse(async (conversation) => {
      const edit = { addAllowed: ['Some'], removeAllowed: [], addBlocked: [], removeBlocked: [] }
      for await (const outcome of conversation.change('some-42', [
        { id: '1', kind: 'lists', mailboxGuid: guid, ...edit },
      ]))
        expect(outcome.ok).toBe(true)
    })
    const [after] = await converse((conversation) => conversation.findMailboxes([{ guids: [guid] }]))
    expect(after?.mailbox.allowed).toEqual(['Some'])
    expect((after?.changedAt ?? '') >= (before?.changedAt ?? '')).toBe(true)
    expect(after?.changedAt).not.toBeNull()
  })

  test('records are read for some mailboxes; a mailbox that is not there is missing', async () => {
    const guids = [mailboxGuid(1), mailboxGuid(999_999), mailboxGuid(600)]
    const records = await converse((conversation) => conversation.recordsOf(guids))
    expect([...records.keys()].toSorted()).toEqual([mailboxGuid(1), mailboxGuid(600)].toSorted())
    expect(records.get(mailboxGuid(1))).toEqual([expectedRecords.find(({ guid }) => guid === recordGuid(1))])
  })

  test('new records are those whose first sync was later', async () => {
    const since = async (at: string) => (await converse((conversation) => conversation.newRecords(at))).length
    expect(await since('2026-11-01T07:59:58.000Z')).toBe(many)
    expect(await since('2026-11-01T08:00:00.000Z')).toBe(0)
  })

  test('the status of a record names the kind of its mailbox; of one that is not there it is nothing', async () => {
    const ask = async (record: string, mailbox: string | null) =>
      converse((conversation) => conversation.deviceStatus({ record, mailboxGuid: mailbox }))
    const never = { requested: null, sent: null, acknowledged: null }
    expect(await ask(recordGuid(3), mailboxGuid(3))).toMatchObject({ mailboxKind: 'UserMailbox', wipe: never })
    expect(await ask(recordGuid(3), null)).toMatchObject({ mailboxKind: null })
    expect(await ask(recordGuid(999_999), mailboxGuid(3))).toBeNull()
  })

  test('the decisive configuration has the default and the rules, and asks for nothing else', async () => {
    const [whole, decisive] = await converse(async (conversation) => [
      await conversation.configuration(),
      await conversation.configuration('decisive'),
    ])
    expect(decisive).toEqual({ ...whole, servers: [], deviceClasses: [], mailboxPolicies: [] })
  })
}
