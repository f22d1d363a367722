import { expect, test } from 'vitest'
import { failureCategories } from '../../protocol/messages.ts'
import type { CommandOutcome } from '../../functions/ports.ts'
import { collect } from './collect.ts'
import { exchangeUnderTest } from './exchangeUnderTest.ts'
import { guidOf } from './rows.ts'
import { relayStarter } from './relayStarter.ts'
import { connectorId, type ScriptedRelayOptions } from './scriptedRelay.ts'

const start = relayStarter()

async function underTest(onBatch: NonNullable<ScriptedRelayOptions['onBatch']>, options = {}) {
  const relay = await start({ onBatch })
  return { relay, ...exchangeUnderTest([relay], options) }
}

const level = (id: string) => ({ id, kind: 'defaultLevel', level: 'block' }) as const

test('sends the commands of a batch signed under its id, and gives the outcome of each', async () => {
  const { relay, exchange } = await underTest((batch, talk) => {
    talk.say({ type: 'rows', batchId: batch.batchId, commandId: 'rule', rows: [{ Guid: guidOf(7).toUpperCase() }] })
    talk.results(batch, [{ commandId: 'rule', rowCount: 1 }])
    talk.results(batch, [{ commandId: 'box', warnings: ['nothing was modified'] }])
    talk.end(batch)
  })
  const edits = { addAllowed: ['Appl1'], removeAllowed: [], addBlocked: [], removeBlocked: ['Appl1'] }
  const outcomes = await exchange.converse(connectorId, (conversation) =>
    collect(
      conversation.change('run-1|0', [
        { id: 'box', kind: 'lists', mailboxGuid: guidOf(1), ...edits },
        { id: 'rule', kind: 'newRule', queryString: 'WP8', characteristic: 'DeviceType', level: 'block' },
      ]),
    ),
  )
  expect(outcomes).toEqual([
    { id: 'rule', ok: true, warnings: [], durationMs: 5, guid: guidOf(7) },
    { id: 'box', ok: true, warnings: ['nothing was modified'], durationMs: 5 },
  ])
  expect(relay.batches[0]).toMatchObject({
    batchId: 'run-1|0',
    commands: [
      {
        id: 'box',
        cmdlet: 'Set-CASMailbox',
        parameters: {
          Identity: guidOf(1),
          ActiveSyncAllowedDeviceIDs: { Add: ['Appl1'] },
          ActiveSyncBlockedDeviceIDs: { Remove: ['Appl1'] },
        },
      },
      { id: 'rule', cmdlet: 'New-ActiveSyncDeviceAccessRule' },
    ],
  })
})

test('says of every failure whether the command ran', async () => {
  const { exchange } = await underTest((batch, talk) => {
    talk.results(
      batch,
      batch.commands.map(({ id }, index) => {
        const category = failureCategories[index] ?? 'other'
        return { commandId: id, ok: false, error: { category, message: id } }
      }),
    )
    talk.end(batch)
  })
  const outcomes = await exchange.converse(connectorId, (conversation) =>
    collect(conversation.change('b', failureCategories.map(level))),
  )
  expect(Object.fromEntries(outcomes.map((outcome) => [outcome.id, outcome.failure?.ran]))).toEqual({
    notFound: 'no',
    ambiguous: 'no',
    accessDenied: 'no',
    cmdletHidden: 'no',
    parameterHidden: 'no',
    throttled: 'no',
    shellLimit: 'no',
    expired: 'no',
    refused: 'no',
    sessionBroken: 'unknown',
    childFailed: 'unknown',
    mailRefused: 'no',
    mailDelayed: 'no',
    mailUnknown: 'unknown',
    other: 'yes',
  })
})

test('is on its way before anybody iterates, and two may be at once: outcomes go to their own batch', async () => {
  let first: (() => void) | undefined
  const { relay, exchange } = await underTest((batch, talk) => {
    const answer = (): void => {
      talk.results(batch, [{ commandId: '1' }])
      talk.end(batch)
    }
    // The first batch is answered after the second, piece by piece in between.
    if (batch.batchId === 'b-1') first = answer
    else {
      talk.results(batch, [{ commandId: '1', durationMs: 2 }])
      first?.()
      talk.results(batch, [{ commandId: '2', durationMs: 2 }])
      talk.end(batch)
    }
  })
  await exchange.converse(connectorId, async (conversation) => {
    const one = conversation.change('b-1', [level('1')])
    const two = conversation.change('b-2', [level('1'), level('2')])
    const fromTwo = await collect(two)
    expect(relay.batches.map((batch) => batch.batchId)).toEqual(['b-1', 'b-2'])
    expect(fromTwo.map((outcome) => [outcome.id, outcome.durationMs])).toEqual([
      ['1', 2],
      ['2', 2],
    ])
    expect((await collect(one)).map((outcome) => outcome.durationMs)).toEqual([5])
  })
})

test('gives the outcomes that came before the socket died, then throws relayLost in every batch that was on its way', async () => {
  const { exchange } = await underTest((batch, talk) => {
    if (batch.batchId === 'b-1') return talk.results(batch, [{ commandId: '1' }])
    return talk.socket.close(1011)
  })
  const outcomes: CommandOutcome[] = []
  await exchange.converse(connectorId, async (conversation) => {
    const one = conversation.change('b-1', [level('1'), level('2')])
    const two = conversation.change('b-2', [level('1')])
    await expect(collect(two)).rejects.toMatchObject({ code: 'relayLost', retryable: true })
    const read = async () => {
      for await (const outcome of one) outcomes.push(outcome)
    }
    await expect(read()).rejects.toMatchObject({ code: 'relayLost' })
  })
  expect(outcomes.map((outcome) => outcome.id)).toEqual(['1'])
})

test('notes that a relay answered with the outcomes of an earlier time', async () => {
  const { exchange, logged } = await underTest((batch, talk) => {
    talk.results(batch, [{ commandId: '1', rowCount: 1 }])
    talk.end(batch, true)
  })
  const outcomes = await exchange.converse(connectorId, (conversation) =>
    collect(conversation.change('b-1', [level('1')])),
  )
  expect(outcomes).toMatchObject([{ id: '1', ok: true }])
  expect(logged).toEqual([{ level: 'info', event: 'exchange.batchRepeated', fields: { batchId: 'b-1' } }])
})

test('gives credit for the rows of changes too', async () => {
  const { exchange } = await underTest(
    async (batch, talk) => {
      for (const { id } of batch.commands) {
        await talk.rows(batch, [{ Guid: guidOf(Number(id)) }], id)
        talk.results(batch, [{ commandId: id, rowCount: 1 }])
      }
      talk.end(batch)
    },
    { rowCredit: 4 },
  )
  const ids = Array.from({ length: 20 }, (_, index) => String(index))
  const rules = ids.map(
    (id) => ({ ...level(id), kind: 'newRule', queryString: id, characteristic: 'DeviceOS' }) as const,
  )
  const outcomes = await exchange.converse(connectorId, (conversation) => collect(conversation.change('b', rules)))
  expect(outcomes.map((outcome) => outcome.guid)).toEqual(ids.map((id) => guidOf(Number(id))))
})
