import { describe, expect, test } from 'vitest'
import type { Conversation } from '../../functions/ports.ts'
import { newKeyPair, seal, signerFrom } from '../../protocol/signing.ts'
import type { Batch } from '../../protocol/messages.ts'
import { collect } from './collect.ts'
import { exchangeUnderTest } from './exchangeUnderTest.ts'
import { mailboxRow } from './rows.ts'
import { relayStarter } from './relayStarter.ts'
import { connectorId, welcomeBody, type ScriptedRelayOptions, type Talk } from './scriptedRelay.ts'

const start = relayStarter()

async function underTest(onBatch: NonNullable<ScriptedRelayOptions['onBatch']>, exchangeOptions = {}) {
  const relay = await start({ onBatch })
  return { relay, ...exchangeUnderTest([relay], exchangeOptions) }
}

const level = (id: string) => ({ id, kind: 'defaultLevel', level: 'block' }) as const
const change = (conversation: Conversation) => collect(conversation.change('b-1', [level('1'), level('2')]))
const stranger = signerFrom(newKeyPair().privateKey)

const rows = (batch: Batch) => ({ type: 'rows', batchId: batch.batchId, commandId: '1', rows: [mailboxRow(1)] })

describe('a verified conversation ends on', () => {
  const faults: [string, (batch: Batch, talk: Talk) => void, RegExp][] = [
    [
      'a message signed by another key',
      (batch, talk) =>
        talk.socket.send(JSON.stringify(seal(stranger, { ...rows(batch), challenge: 'x'.repeat(43), seq: 1 }))),
      /which this side was not given/,
    ],
    [
      'a signature that does not fit',
      (batch, talk) => {
        const key = talk.fingerprint
        talk.socket.send(JSON.stringify({ ...seal(stranger, rows(batch)), key }))
      },
      /the signature .* does not fit/,
    ],
    [
      'a message of another conversation',
      (batch, talk) => talk.say({ ...rows(batch), challenge: 'y'.repeat(43) }),
      /another conversation/,
    ],
    [
      'a gap in the numbers',
      (batch, talk) => talk.say({ ...rows(batch), seq: 2 }),
      /message 1 was expected and 2 came/,
    ],
    ['a repeated number', (batch, talk) => talk.say({ ...rows(batch), seq: 0 }), /message 1 was expected and 0 came/],
    ['a second welcome', (_, talk) => talk.say({ ...welcomeBody(stranger), seq: 1 }), /second welcome/],
    [
      'rows for another batch',
      (batch, talk) => talk.say({ ...rows(batch), batchId: 'b-9' }),
      /batch b-9, which is not running/,
    ],
    ['rows for an unknown command', (batch, talk) => talk.say({ ...rows(batch), commandId: '9' }), /rows for 9/],
    [
      'an outcome for an unknown command',
      (batch, talk) => talk.results(batch, [{ commandId: '9' }]),
      /an outcome for 9/,
    ],
    [
      'two outcomes for a command',
      (batch, talk) => talk.results(batch, [{ commandId: '1' }, { commandId: '1' }]),
      /an outcome for 1/,
    ],
    [
      'rows after the outcome',
      (batch, talk) => {
        talk.results(batch, [{ commandId: '1' }])
        talk.say(rows(batch))
      },
      /rows for 1/,
    ],
    [
      'an end before every outcome',
      (batch, talk) => {
        talk.results(batch, [{ commandId: '1' }])
        talk.end(batch)
      },
      /1 commands have no outcome/,
    ],
    [
      'anything after the end',
      (batch, talk) => {
        talk.results(batch, [{ commandId: '1' }])
        talk.say({ ...rows(batch), commandId: '2' })
        talk.results(batch, [{ commandId: '2', rowCount: 1 }])
        talk.end(batch)
        talk.end(batch)
      },
      /end for batch b-1, which is not running|have no outcome/,
    ],
    ['text that is not JSON', (_, talk) => talk.socket.send('{'), /not JSON/],
    [
      'an unsigned message',
      (batch, talk) => talk.socket.send(JSON.stringify(rows(batch))),
      /outside a signed envelope/,
    ],
    ['a message that is malformed', (batch, talk) => talk.say({ ...rows(batch), rows: 'none' }), /malformed/],
    ['a dead socket', (_, talk) => talk.socket.terminate(), /was closed \(1006\)/],
    ['a relay that shuts down', (_, talk) => talk.socket.close(1001), /shutting down/],
  ]
  test.each(faults)('%s', async (_, misbehave, says) => {
    const { relay, exchange } = await underTest(misbehave)
    const work = exchange.converse(connectorId, async (conversation) => {
      await change(conversation)
      // What comes after a batch's end is seen by whoever uses the conversation next.
      await change(conversation)
    })
    await expect(work).rejects.toMatchObject({
      code: 'relayLost',
      retryable: true,
      message: expect.stringMatching(says),
    })
    await relay.closed(1)
    expect(relay.opened[0]?.listenerCount('message')).toBe(0)
  })

  test('its end: nothing can be sent afterwards', async () => {
    const { relay, exchange } = await underTest(() => {})
    const conversation = await exchange.converse(connectorId, async (one) => one)
    await expect(change(conversation)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('over'),
    })
    expect(relay.batches).toEqual([])
  })
})

test('a batch may come again in the same conversation when it has ended', async () => {
  const { relay, exchange } = await underTest((batch, talk) => {
    talk.results(batch, [{ commandId: '1' }, { commandId: '2' }])
    talk.end(batch, relay.batches.length > 1)
  })
  const outcomes = await exchange.converse(connectorId, async (conversation) => [
    await change(conversation),
    await change(conversation),
  ])
  expect(outcomes.map((each) => each.length)).toEqual([2, 2])
})

describe('a refused batch', () => {
  test.each([
    ['unknownCmdlet', false],
    ['replayed', false],
    ['busy', true],
    ['expired', true],
  ])('(%s) is relayRefused, and the conversation goes on', async (code, retryable) => {
    const { exchange } = await underTest((batch, talk) => {
      if (batch.batchId === 'b-1') return talk.say({ type: 'refused', batchId: 'b-1', code, message: 'because' })
      talk.results(batch, [{ commandId: '3' }])
      return talk.end(batch)
    })
    await exchange.converse(connectorId, async (conversation) => {
      await expect(change(conversation)).rejects.toMatchObject({
        code: 'relayRefused',
        retryable,
        message: `The relay refused batch b-1 (${code}): because. Nothing of it was executed.`,
      })
      expect(await collect(conversation.change('b-2', [level('3')]))).toHaveLength(1)
    })
  })

  test('without a batch id ends the conversation', async () => {
    const { exchange } = await underTest((_, talk) =>
      talk.say({ type: 'refused', batchId: null, code: 'malformed', message: 'what was that' }),
    )
    await expect(exchange.converse(connectorId, change)).rejects.toMatchObject({ code: 'relayRefused' })
  })
})

describe('a batch is not sent at all', () => {
  test.each([
    ['without commands', []],
    ['with 501 commands', Array.from({ length: 501 }, (_, index) => level(String(index)))],
    ['of more than 4 MB', Array.from({ length: 4 }, (_, index) => large(String(index)))],
  ])('%s', async (_, commands) => {
    const { relay, exchange } = await underTest(() => {})
    const work = exchange.converse(connectorId, (conversation) => collect(conversation.change('b', commands)))
    await expect(work).rejects.toMatchObject({ code: 'internal' })
    expect(relay.batches).toEqual([])
  })

  test('under the id of one that runs', async () => {
    const { exchange } = await underTest((batch, talk) => {
      talk.results(batch, [{ commandId: '1' }, { commandId: '2' }])
      talk.end(batch)
    })
    await exchange.converse(connectorId, async (conversation) => {
      const [first, second] = [change(conversation), change(conversation)]
      await expect(second).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('is running') })
      expect(await first).toHaveLength(2)
    })
  })
})

function large(id: string) {
  const ids = Array.from({ length: 1_150 }, (_, index) => `${index}`.padEnd(1_000, 'x'))
  const edits = { addAllowed: ids, removeAllowed: [], addBlocked: [], removeBlocked: [] }
  return { id, kind: 'lists', mailboxGuid: `mailbox-${id}`, ...edits } as const
}
