import { describe, expect, test } from 'vitest'
import type { Batch, CommandResult, FailureCategory, Row } from '../../protocol/messages.ts'
import { exchangeUnderTest } from './exchangeUnderTest.ts'
import { guidOf, mailboxRow, range } from './rows.ts'
import { relayStarter } from './relayStarter.ts'
import { connectorId } from './scriptedRelay.ts'

const start = relayStarter()

type Command = Batch['commands'][number]
type Answer = { rows?: readonly Row[]; result?: Partial<CommandResult> }

/** A relay that answers each command by itself. */
async function underTest(answer: (command: Command) => Answer, options = {}) {
  const relay = await start({
    onBatch: async (batch, talk) => {
      for (const command of batch.commands) {
        const { rows = [], result = {} } = answer(command)
        if (rows.length > 0) await talk.rows(batch, rows, command.id)
        talk.results(batch, [{ commandId: command.id, rowCount: rows.length, ...result }])
      }
      talk.end(batch)
    },
  })
  const { exchange, logged } = exchangeUnderTest([relay], options)
  const lists = (guids: readonly string[]) =>
    exchange.converse(connectorId, (conversation) => conversation.lists(guids))
  const commands = () => relay.batches.flatMap((batch) => batch.commands)
  return { relay, lists, commands, logged }
}

const asked = (command: Command): string[] => JSON.stringify(command.parameters).match(/[0-9a-f-]{36}/g) ?? []
const known = (command: Command): Answer => ({
  rows: asked(command).map((guid) => ({
    ...mailboxRow(0),
    Guid: guid.toUpperCase(),
    ActiveSyncAllowedDeviceIDs: [guid],
  })),
})
const error = (category: FailureCategory): Answer => ({ result: { ok: false, error: { category, message: 'no' } } })

test('asks for 100 mailboxes in a filter, all filters in one batch, and gives each mailbox its own lists', async () => {
  const { relay, lists, commands } = await underTest(known)
  const guids = range(0, 220, guidOf)
  const found = await lists(guids)
  expect([...found.keys()]).toEqual(guids)
  expect(found.get(guidOf(77))).toEqual({ allowed: [guidOf(77)], blocked: [] })
  expect(relay.batches).toHaveLength(1)
  expect(commands().map((command) => asked(command).length)).toEqual([100, 100, 20])
  expect(commands()[2]?.parameters).toEqual({
    Filter: range(200, 220, (index) => `Guid -eq '${guidOf(index)}'`).join(' -or '),
    ResultSize: 'Unlimited',
  })
})

test('asks for nothing when nothing is asked for, and for a mailbox once', async () => {
  const { relay, lists, commands } = await underTest(known)
  expect((await lists([])).size).toBe(0)
  expect(relay.batches).toEqual([])
  expect((await lists([guidOf(1), guidOf(1)])).size).toBe(1)
  const upper = 'ABCDEF00-0000-4000-8000-00000000000A'
  expect([...(await lists([upper, upper.toLowerCase()])).keys()]).toEqual([upper.toLowerCase()])
  expect(commands().flatMap(asked)).toEqual([guidOf(1), upper.toLowerCase()])
})

test('asks one by one for what did not come back; what Exchange does not know is missing', async () => {
  const { lists, commands } = await underTest((command) => {
    if (command.parameters['Filter']) return { rows: [mailboxRow(1)] }
    return command.parameters['Identity'] === guidOf(2) ? known(command) : error('notFound')
  })
  expect([...(await lists(range(1, 4, guidOf))).keys()]).toEqual([guidOf(1), guidOf(2)])
  expect(commands().map((command) => command.parameters['Identity'])).toEqual([undefined, guidOf(2), guidOf(3)])
})

test('asks one by one when a filter fails, and says so in the log', async () => {
  const { lists, logged } = await underTest((command) =>
    command.parameters['Filter'] ? error('other') : known(command),
  )
  expect((await lists(range(1, 4, guidOf))).size).toBe(3)
  expect(logged).toEqual([
    { level: 'warn', event: 'exchange.rereadFilterFailed', fields: { mailboxes: 3, problem: 'exchangeFailed' } },
  ])
})

test('never uses a filter when it is told so', async () => {
  const { lists, commands } = await underTest(known, { reread: 'single' })
  expect((await lists(range(1, 4, guidOf))).size).toBe(3)
  expect(commands().map((command) => command.parameters)).toEqual(range(1, 4, (index) => ({ Identity: guidOf(index) })))
})

test.each([`${guidOf(1)}' -or name -like '*`, `x${guidOf(1)}`, `${guidOf(1)}\n`, 'ana@contoso.com', "'"])(
  'puts nothing into a filter that is not a Guid from end to end: %j',
  async (guid) => {
    const { lists, commands } = await underTest(() => error('notFound'))
    expect((await lists([guid])).size).toBe(0)
    expect(commands().map((command) => command.parameters)).toEqual([{ Identity: guid }])
  },
)

describe('takes no row on trust', () => {
  test.each<[string, (command: Command) => Answer, string]>([
    ['every mailbox in spite of the filter', () => ({ rows: range(0, 9, mailboxRow) }), 'which was not asked for'],
    ['a mailbox twice', () => ({ rows: [mailboxRow(1), mailboxRow(1)] }), 'twice'],
    ['a row without Guid', () => ({ rows: [{}] }), 'without Guid'],
    [
      'another mailbox for the one that is named',
      (command) => ({ rows: command.parameters['Filter'] ? [] : [mailboxRow(5)] }),
      'which was not asked for',
    ],
    [
      'two rows for the one that is named',
      (command) => ({ rows: command.parameters['Filter'] ? [] : [mailboxRow(1), mailboxRow(1)] }),
      '2 rows for the one mailbox',
    ],
    ['nothing, but no error either', () => ({}), '0 rows for the one mailbox'],
  ])('%s', async (_, answer, says) => {
    const { lists } = await underTest(answer)
    await expect(lists([guidOf(1)])).rejects.toMatchObject({
      code: 'incompleteInventory',
      message: expect.stringContaining(says),
    })
  })

  test.each(['ambiguous', 'accessDenied', 'throttled', 'sessionBroken', 'expired'] as const)(
    'an answer %s is an error and does not make a mailbox missing',
    async (category) => {
      const { lists } = await underTest(() => error(category))
      await expect(lists([guidOf(1)])).rejects.toMatchObject({ code: 'exchangeFailed' })
    },
  )
})

test('makes more batches when there are more than 500 to ask one by one', async () => {
  const { relay, lists } = await underTest(known, { reread: 'single' })
  expect((await lists(range(0, 501, guidOf))).size).toBe(501)
  expect(relay.batches.map((batch) => batch.commands.length)).toEqual([500, 1])
})
