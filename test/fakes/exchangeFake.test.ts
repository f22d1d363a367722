import { describe, expect, test } from 'vitest'
import type { ChangeCommand, CommandOutcome, Conversation } from '../../functions/ports.ts'
import { collect } from '../exchange/collect.ts'
import { fakeExchange, type ExchangeFaults } from './exchangeFake.ts'

const guid = (index: number) => `00000000-0000-4000-8000-00000000000${index}`
const mailboxes = [1, 2, 3, 4].map((index) => ({ Guid: guid(index) }))
const allow = (index: number): ChangeCommand => {
  const none = { removeAllowed: [], addBlocked: [], removeBlocked: [] }
  return { id: String(index), kind: 'lists', mailboxGuid: guid(index), addAllowed: ['x'], ...none }
}

/** What was told of a batch on mailboxes 1 to 4, the code it ended with, and which mailboxes have the entry. */
async function runAll(faults: ExchangeFaults, fake = fakeExchange({ mailboxes }, faults)) {
  const told: CommandOutcome[] = []
  const work = fake.converse('c', async (conversation) => {
    for await (const outcome of conversation.change('batch', [1, 2, 3, 4].map(allow))) told.push(outcome)
    return 'end'
  })
  const ended = await work.catch((error: { code: string }) => error.code)
  const has = [1, 2, 3, 4].filter((index) => fake.lists(guid(index)).allowed.includes('x'))
  return { fake, told: told.map((outcome) => outcome.id), ended, has }
}

describe('a conversation that is lost', () => {
  test.each([
    [{ count: 0 }, [], []],
    [{ count: 2 }, ['1', '2'], [1, 2]],
    [{ count: 2, silent: 1 }, ['1', '2'], [1, 2, 3]],
    [{ count: 0, silent: 3 }, [], [1, 2, 3]],
    [{ count: 4 }, ['1', '2', '3', '4'], [1, 2, 3, 4]],
  ])('after %j outcomes tells those, and executed the silent ones too', async (loseAfterOutcomes, told, has) => {
    const run = await runAll({ loseAfterOutcomes: { ...loseAfterOutcomes } })
    expect(run).toMatchObject({ told, ended: 'relayLost', has })
    expect(run.fake.journal.filter((entry) => entry.isTold)).toHaveLength(told.length)
    expect(run.fake.journal).toHaveLength(has.length)
  })

  test('may be repeated: the relay tells the first outcomes and runs what never ran, each command once', async () => {
    const first = await runAll({ loseAfterOutcomes: { count: 1, silent: 1 } })
    const second = await runAll({}, first.fake)
    expect(second).toMatchObject({ told: ['1', '2', '3', '4'], ended: 'end', has: [1, 2, 3, 4] })
    expect(first.fake.journal.map((entry) => entry.command.id)).toEqual(['1', '2', '3', '4'])
  })

  test('is repeated by another relay from the start', async () => {
    const first = await runAll({ loseAfterOutcomes: { count: 1, silent: 1 }, otherRelay: true })
    await runAll({}, first.fake)
    expect(first.fake.journal.map((entry) => entry.command.id)).toEqual(['1', '2', '1', '2', '3', '4'])
  })
})

const listing = async (conversation: Conversation) => collect(conversation.mailboxes())
test.each<[string, ExchangeFaults, string]>([
  ['lost after a page', { pageSize: 2, loseAfterPages: 1 }, 'relayLost'],
  ['lost after the last page', { pageSize: 2, loseAfterPages: 2 }, 'relayLost'],
  ['lost before the first', { loseAt: 'mailboxes' }, 'relayLost'],
  ['cut by the server', { cut: 'mailboxes' }, 'incompleteInventory'],
])('a listing that is %s throws once, or for as long as it is cut', async (_, faults, code) => {
  const fake = fakeExchange({ mailboxes }, faults)
  await expect(fake.converse('c', listing)).rejects.toMatchObject({ code })
  delete faults.cut
  expect((await fake.converse('c', listing)).flat()).toHaveLength(4)
})

test('a mailbox may fail, executed or not', async () => {
  const broken = { category: 'sessionBroken', message: 'Broken', ran: 'unknown' } as const
  const failMailboxes: ExchangeFaults['failMailboxes'] = new Map<string, typeof broken & { executes?: boolean }>([
    [guid(2), broken],
    [guid(3), { ...broken, executes: true }],
  ])
  const { fake, told, ended, has } = await runAll({ failMailboxes })
  expect({ told, ended, has }).toEqual({ told: ['1', '2', '3', '4'], ended: 'end', has: [1, 3, 4] })
  expect(fake.journal.map((entry) => entry.outcome.failure)).toEqual([undefined, broken, broken, undefined])
})

test('somebody else may act in between', async () => {
  const fake = fakeExchange(
    { mailboxes },
    { before: (call, state) => (call === 'change' ? state.removeMailbox(guid(4)) : undefined) },
  )
  await fake.converse('c', async (conversation) => {
    expect((await conversation.lists([guid(4)])).size).toBe(1)
    const [outcome] = await collect(conversation.change('b', [allow(4)]))
    expect(outcome?.failure?.category).toBe('notFound')
  })
  expect(fake.calls).toEqual(['lists', 'change'])
})
