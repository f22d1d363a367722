import { describe, expect, test } from 'vitest'
import type { Conversation } from '../../functions/ports.ts'
import { collect } from './collect.ts'
import { exchangeUnderTest } from './exchangeUnderTest.ts'
import { deviceRow, guidOf, mailboxRow, range } from './rows.ts'
import { relayStarter } from './relayStarter.ts'
import { connectorId, relayInfo, type ScriptedRelayOptions } from './scriptedRelay.ts'
import { until } from './until.ts'

const start = relayStarter()

async function underTest(options: ScriptedRelayOptions, exchangeOptions = {}) {
  const relay = await start(options)
  return { relay, ...exchangeUnderTest([relay], exchangeOptions) }
}

async function readMailboxes(conversation: Conversation): Promise<string[]> {
  const guids: string[] = []
  for await (const page of conversation.mailboxes()) guids.push(...page.map((mailbox) => mailbox.guid))
  return guids
}

/** Answers every batch with these rows, in messages of 500, and one good outcome. */
function lists(rows: number, result = {}): NonNullable<ScriptedRelayOptions['onBatch']> {
  return async (batch, talk) => {
    for (let at = 0; at < rows; at += 500) await talk.rows(batch, range(at, Math.min(at + 500, rows), mailboxRow))
    talk.results(batch, [{ commandId: batch.commands[0]?.id ?? '', rowCount: rows, ...result }])
    talk.end(batch)
  }
}

describe('a listing', () => {
  test('asks for every mailbox, and gives each once, in pages', async () => {
    const { relay, exchange } = await underTest({ onBatch: lists(1234) })
    const guids = await exchange.converse(connectorId, readMailboxes)
    expect(guids).toEqual(range(0, 1234, guidOf))
    expect(relay.batches).toMatchObject([
      {
        connectorId,
        nonce: 'nonce-of-the-relay-0001',
        issuedAt: '2026-11-05T12:00:00.000Z',
        expiresAt: '2026-11-05T12:05:00.000Z',
        commands: [{ cmdlet: 'Get-CASMailbox', parameters: { ResultSize: 'Unlimited' } }],
      },
    ])
  })

  test.each([
    ['MobileDevice', 'Get-MobileDevice'],
    ['ActiveSyncDevice', 'Get-ActiveSyncDevice'],
  ])('reads the records in the dialect %s with %s', async (dialect, cmdlet) => {
    const { relay, exchange } = await underTest({
      welcome: { relay: { ...relayInfo, dialect } },
      onBatch: async (batch, talk) => {
        await talk.rows(batch, [deviceRow(7)])
        talk.results(batch, [{ commandId: batch.commands[0]?.id ?? '', rowCount: 1 }])
        talk.end(batch)
      },
    })
    const pages = await exchange.converse(connectorId, (conversation) => collect(conversation.records()))
    expect(pages.flat().map((record) => record.deviceId)).toEqual(['Appl7'])
    expect(relay.batches[0]?.commands[0]?.cmdlet).toBe(cmdlet)
  })

  test('may be empty', async () => {
    const { exchange } = await underTest({ onBatch: lists(0) })
    expect(await exchange.converse(connectorId, readMailboxes)).toEqual([])
  })

  test('is whole in spite of a warning about a deprecated noun', async () => {
    const warnings = ['The Get-ActiveSyncDevice cmdlet will be removed; use Get-MobileDevice.']
    const { exchange, logged } = await underTest({ onBatch: lists(3, { warnings }) })
    expect(await exchange.converse(connectorId, readMailboxes)).toHaveLength(3)
    expect(logged).toEqual([
      { level: 'info', event: 'exchange.readWarnings', fields: { cmdlet: 'Get-CASMailbox', warnings: 1 } },
    ])
  })

  const cut = 'Det finns fler resultat. Öka värdet för parametern ResultSize om du vill visa dem.'
  const broken = { category: 'sessionBroken', message: 'state is Broken' } as const
  const hidden = { category: 'cmdletHidden', message: 'not recognized' } as const
  test.each([
    ['a warning, in any language, that it was cut', { warnings: [cut] }, 'incompleteInventory', true],
    ['fewer rows than the relay read', { rowCount: 4 }, 'incompleteInventory', true],
    ['more rows than the relay read', { rowCount: 2 }, 'incompleteInventory', true],
    ['an error at its end', { ok: false, error: broken }, 'exchangeFailed', true],
    ['an error that time does not mend', { ok: false, error: hidden }, 'exchangeFailed', false],
    ['an error without a reason', { ok: false }, 'exchangeFailed', true],
  ])('is an error after %s', async (_, result, code, retryable) => {
    const { exchange } = await underTest({ onBatch: lists(3, result) })
    await expect(exchange.converse(connectorId, readMailboxes)).rejects.toMatchObject({ code, retryable })
  })

  test('is an error when a row is no mailbox, and says which row', async () => {
    const { exchange } = await underTest({
      onBatch: async (batch, talk) => {
        await talk.rows(batch, range(0, 500, mailboxRow))
        await talk.rows(batch, [mailboxRow(500), mailboxRow(501, { Guid: null })])
      },
    })
    await expect(exchange.converse(connectorId, readMailboxes)).rejects.toMatchObject({
      code: 'incompleteInventory',
      message: expect.stringContaining('Row 502 of Get-CASMailbox has no Guid'),
    })
  })

  test('is an error when the socket dies in the middle', async () => {
    const { exchange } = await underTest({
      onBatch: async (batch, talk) => {
        await talk.rows(batch, range(0, 500, mailboxRow))
        talk.socket.terminate()
      },
    })
    const seen: number[] = []
    const work = exchange.converse(connectorId, async (conversation) => {
      for await (const page of conversation.mailboxes()) seen.push(page.length)
    })
    await expect(work).rejects.toMatchObject({ code: 'relayLost', retryable: true })
    expect(seen).toEqual([500])
  })

  test('that expired before it was started is an error', async () => {
    const expired = { category: 'expired', message: 'too late' } as const
    const { exchange } = await underTest({ onBatch: lists(0, { ok: false, error: expired }) })
    await expect(exchange.converse(connectorId, readMailboxes)).rejects.toMatchObject({
      code: 'exchangeFailed',
      retryable: true,
    })
  })

  test('slows the relay down when its reader is slow: never more rows wait than the credit', async () => {
    const { relay, exchange } = await underTest({ onBatch: lists(10_000) }, { rowCredit: 2_000 })
    let waiting = 0
    let most = 0
    await exchange.converse(connectorId, async (conversation) => {
      for await (const page of conversation.mailboxes()) {
        waiting += page.length
        const [talk] = relay.talks
        // The relay has used up its credit and waits for us, and for as long as we do not go on it stays so.
        await until(() => !talk || talk.credit < 500 || talk.rowsSent === 10_000)
        most = Math.max(most, (talk?.rowsSent ?? 0) - waiting + page.length)
      }
    })
    expect(waiting).toBe(10_000)
    expect(most).toBeLessThanOrEqual(2_000)
    expect(most).toBeGreaterThan(1_000)
  })

  test('ends the conversation with a relay that sends more rows than it has credit for', async () => {
    const { exchange } = await underTest(
      {
        onBatch: (batch, talk) => {
          const commandId = batch.commands[0]?.id
          talk.say({ type: 'rows', batchId: batch.batchId, commandId, rows: range(0, 500, mailboxRow) })
        },
      },
      { rowCredit: 400 },
    )
    await expect(exchange.converse(connectorId, readMailboxes)).rejects.toThrow(
      '100 rows more than it was given credit',
    )
  })

  test('that is left early ends the conversation, so that nobody takes its rows for the next answer', async () => {
    const { relay, exchange } = await underTest({ onBatch: lists(10_000) })
    const work = exchange.converse(connectorId, async (conversation) => {
      for await (const _ of conversation.mailboxes()) break
      return conversation.configuration()
    })
    await expect(work).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('not read to its end'),
    })
    await relay.closed(1)
    expect(relay.closes).toEqual([1000])
  })

  test('lets nothing else be asked while it is open, because both would wait for the same credit', async () => {
    const { exchange } = await underTest({ onBatch: lists(10_000) })
    await exchange.converse(connectorId, async (conversation) => {
      const pages = conversation.mailboxes()[Symbol.asyncIterator]()
      await pages.next()
      const asked = [
        conversation.lists([guidOf(1)]),
        conversation.configuration(),
        collect(conversation.records()),
        collect(conversation.change('b', [{ id: '1', kind: 'defaultLevel', level: 'block' }])),
      ]
      await Promise.all(asked.map((answer) => expect(answer).rejects.toMatchObject({ code: 'internal' })))
      await pages.return?.()
    })
  })

  test('does not wait for ever for a relay that hangs', async () => {
    const { exchange } = await underTest({ onBatch: () => {} }, { silenceMs: 30 })
    await expect(exchange.converse(connectorId, readMailboxes)).rejects.toMatchObject({
      code: 'relayLost',
      message: expect.stringContaining('said nothing for'),
    })
  })

  test('does not blame the relay for the time that its reader takes', async () => {
    const { exchange } = await underTest({ onBatch: lists(3_000) }, { silenceMs: 500, rowCredit: 500 })
    const count = await exchange.converse(connectorId, async (conversation) => {
      let rows = 0
      for await (const page of conversation.mailboxes()) {
        if (rows === 0) await new Promise((resolve) => setTimeout(resolve, 1_100))
        rows += page.length
      }
      return rows
    })
    expect(count).toBe(3_000)
  })
})
