/** The contract of the port Exchange: one suite for the fake and for the real chain down to the simulated server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChangeCommand, Conversation, DeviceLists, Exchange } from '../../functions/ports.ts'
import { collect } from '../exchange/collect.ts'
import { changeContract } from './exchangeChange.ts'
import { someContract } from './exchangeSome.ts'
import { expectedMailboxes, expectedRecords, mailboxGuid, many } from './exchangeWorld.ts'

/** An Exchange on the contract's world, and what only a test may do to it. */
export interface ExchangeSide {
  readonly exchange: Exchange
  readonly connectorId: string
  /** Somebody else sets the lists of a mailbox. */
  setLists(guid: string, lists: DeviceLists): Promise<void>
  removeMailbox(guid: string): Promise<void>
  /** Cuts the conversation that is open. */
  cut(): Promise<void>
  /** From here on no relay is there, until the function it gives is called. */
  withoutRelay(): Promise<() => Promise<void>>
  close(): Promise<void>
}

export interface SideUnderTest {
  /** Runs `use` in a conversation of its own. */
  readonly converse: <T>(use: (conversation: Conversation) => Promise<T>) => Promise<T>
  readonly side: () => ExchangeSide
}

export function exchangeContract(name: string, open: () => Promise<ExchangeSide>): void {
  describe(`contract of Exchange: ${name}`, () => {
    let opened: ExchangeSide | undefined
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(async () => opened?.close())
    const side = (): ExchangeSide => {
      if (!opened) throw new Error('the side did not open')
      return opened
    }
    const converse: SideUnderTest['converse'] = (use) => side().exchange.converse(side().connectorId, use)
    readContract({ converse, side })
    someContract(converse)
    changeContract({ converse, side })
  })
}

function readContract({ converse, side }: SideUnderTest): void {
  test('every mailbox comes once, also beyond the first thousand, in pages', async () => {
    const pages = await converse((conversation) => collect(conversation.mailboxes()))
    const mailboxes = pages.flat()
    expect(pages.length).toBeGreaterThan(1)
    expect(new Set(mailboxes.map((mailbox) => mailbox.guid)).size).toBe(many)
    expect(mailboxes).toHaveLength(many)
    for (const expected of Object.values(expectedMailboxes)) {
      expect(mailboxes.find((mailbox) => mailbox.guid === expected.guid)).toEqual(expected)
    }
  })

  test('every record comes once, with its mailbox and with what Exchange does with it', async () => {
    const pages = await converse((conversation) => collect(conversation.records()))
    const records = new Map(pages.flat().map((record) => [record.guid, record]))
    expect(pages.flat()).toHaveLength(many)
    expect(records.size).toBe(many)
    for (const expected of expectedRecords) expect(records.get(expected.guid)).toEqual(expected)
  })

  test('the configuration says default, rules, servers and what was seen', async () => {
    const configuration = await converse((conversation) => conversation.configuration())
    expect(configuration).toMatchObject({
      organization: 'Contoso',
      userMailInsert: 'Ask IT',
      adminMailRecipients: ['it@contoso.com'],
      servers: [{ name: 'EX1', fqdn: 'ex1.contoso.com', role: 'Mailbox', version: 'Version 15.2 (Build 1544.4)' }],
    })
    expect(configuration.rules).toEqual(
      expect.arrayContaining([
        { guid: expect.any(String), queryString: 'WP8', characteristic: 'DeviceType', level: 'block' },
        { guid: expect.any(String), queryString: 'wp 8.1', characteristic: 'DeviceOS', level: 'allow' },
        { guid: expect.any(String), queryString: 'Old', characteristic: 'DeviceModel', level: 'quarantine' },
      ]),
    )
    expect(configuration.deviceClasses).toContainEqual({ type: 'iPhone', model: 'iPhone14C2' })
  })

  test('lists are as they are now, by lower-case Guid; a mailbox that is gone is missing', async () => {
    await side().setLists(mailboxGuid(50), { allowed: ['a', 'B'], blocked: ['c'] })
    await side().setLists(mailboxGuid(50_000), { allowed: ['came'], blocked: ['and went'] })
    await side().removeMailbox(mailboxGuid(50_000))
    const asked = [mailboxGuid(50).toUpperCase(), mailboxGuid(50_000), mailboxGuid(52), mailboxGuid(99_999)]
    const found = await converse((conversation) => conversation.lists(asked))
    expect(Object.fromEntries(found)).toEqual({
      [mailboxGuid(50)]: { allowed: ['a', 'B'], blocked: ['c'] },
      [mailboxGuid(52)]: { allowed: [], blocked: [] },
    })
    expect((await converse((conversation) => conversation.lists([]))).size).toBe(0)
  })

  test('lists of hundreds of mailboxes come whole', async () => {
    const guids = Array.from({ length: 300 }, (_, index) => mailboxGuid(200 + index))
    const found = await converse((conversation) => conversation.lists(guids))
    expect([...found.keys()].toSorted()).toEqual(guids)
  })

  test('converse gives what the work gives and throws what it throws', async () => {
    expect(await converse(async (conversation) => conversation.relay.fingerprint)).toMatch(/^[0-9a-f]{64}$/)
    await expect(converse(() => Promise.reject(new RangeError('mine')))).rejects.toThrow(new RangeError('mine'))
  })

  test('a conversation cannot be used after its end', async () => {
    const over = await converse(async (conversation) => conversation)
    await expect(over.lists([mailboxGuid(1)])).rejects.toMatchObject({ code: 'internal' })
    await expect(collect(over.mailboxes())).rejects.toMatchObject({ code: 'internal' })
    await expect(collect(over.change('over', [loosen]))).rejects.toMatchObject({ code: 'internal' })
  })

  test('while a listing is open nothing else is answered; left early, it ends the conversation', async () => {
    await converse(async (conversation) => {
      const pages = conversation.mailboxes()[Symbol.asyncIterator]()
      await pages.next()
      await expect(conversation.lists([mailboxGuid(1)])).rejects.toMatchObject({ code: 'internal' })
      await expect(collect(conversation.records())).rejects.toMatchObject({ code: 'internal' })
      await expect(collect(conversation.change('listing', [loosen]))).rejects.toMatchObject({ code: 'internal' })
      await pages.return?.()
      await expect(conversation.configuration()).rejects.toMatchObject({ code: 'internal' })
    })
  })

  test('a conversation that is cut in a listing throws instead of giving a shorter list', async () => {
    const seen: string[] = []
    const work = converse(async (conversation) => {
      for await (const page of conversation.records()) {
        if (seen.length === 0) await side().cut()
        seen.push(...page.map((record) => record.guid))
      }
    })
    await expect(work).rejects.toMatchObject({ name: 'AppError', code: 'relayLost', retryable: true })
  })

  test('a conversation that is cut between two calls throws at the next', async () => {
    const work = converse(async (conversation) => {
      await conversation.configuration()
      await side().cut()
      return conversation.lists([mailboxGuid(1)])
    })
    await expect(work).rejects.toMatchObject({ name: 'AppError', code: 'relayLost', retryable: true })
  })

  test('without a relay there is no conversation', async () => {
    const bringBack = await side().withoutRelay()
    let isUsed = false
    const work = converse(async () => {
      isUsed = true
    })
    await expect(work).rejects.toMatchObject({ name: 'AppError', code: 'noRelay', retryable: true })
    expect(isUsed).toBe(false)
    await bringBack()
    expect((await converse((conversation) => conversation.lists([mailboxGuid(1)]))).size).toBe(1)
  })
}

const loosen: ChangeCommand = { id: '1', kind: 'defaultLevel', level: 'quarantine' }
