// The run's id on the wire: one id from the function through the relay's log to PowerShell.
import { expect, test } from 'vitest'
import { collect } from './collect.ts'
import { exchangeUnderTest } from './exchangeUnderTest.ts'
import { relayStarter } from './relayStarter.ts'
import { connectorId } from './scriptedRelay.ts'

const start = relayStarter()

test.each([
  ['of a run', 'run-1'],
  ['that a person asked for', undefined],
])('every batch of a conversation %s names it: %s', async (_title, runId) => {
  const relay = await start({
    onBatch: (batch, talk) => {
      talk.results(
        batch,
        batch.commands.map(({ id }) => ({ commandId: id })),
      )
      talk.end(batch)
    },
  })
  const { exchange } = exchangeUnderTest([relay])
  const level = { id: 'level', kind: 'defaultLevel', level: 'block' } as const
  await exchange.converse(
    connectorId,
    async (conversation) => {
      await conversation.lists([])
      await collect(conversation.change('b-1', [level]))
      await collect(conversation.change('b-2', [level]))
    },
    runId,
  )
  expect(relay.batches.map((batch) => batch.runId)).toEqual([runId, runId])
  expect(relay.batches.map((batch) => 'runId' in batch)).toEqual([runId !== undefined, runId !== undefined])
})
