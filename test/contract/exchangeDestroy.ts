/** The contract of the port Exchange about wipes and removals: one suite for the fake and for the real chain. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DestroyCommand } from '../../functions/core/wipe.ts'
import type { Conversation, Exchange } from '../../functions/ports.ts'

export interface DestroySide {
  readonly exchange: Exchange
  readonly connectorId: string
  close(): Promise<void>
}

const mailbox = '00000000-0000-4000-8000-000000000001'
const record = (index: number) => `00000000-0000-4000-9000-00000000000${index}`

/** One mailbox with three phones. */
export const destroyWorld = {
  organization: 'Contoso',
  mailboxes: [
    { Guid: mailbox, DistinguishedName: 'CN=Ana,OU=Users,DC=contoso,DC=com', PrimarySmtpAddress: 'ana@contoso.com' },
  ],
  devices: [1, 2, 3].map((index) => ({
    Guid: record(index),
    Mailbox: mailbox,
    DeviceId: `Dev${index}`,
    DeviceType: 'iPhone',
    ClientType: 'EAS',
  })),
}

/** `open(false)`: the relay's own switches are off, as they are by default. */
export function destroyContract(name: string, open: (isAllowed: boolean) => Promise<DestroySide>): void {
  describe(`contract of Exchange, device actions: ${name}`, () => {
    const sides = new Map<boolean, DestroySide>()
    beforeAll(async () => {
      for (const isAllowed of [true, false]) sides.set(isAllowed, await open(isAllowed))
    })
    afterAll(async () => {
      for (const side of sides.values()) await side.close()
    })
    const converse = async <T>(isAllowed: boolean, use: (conversation: Conversation) => Promise<T>) => {
      const side = sides.get(isAllowed)
      if (!side) throw new Error('the side did not open')
      return side.exchange.converse(side.connectorId, use)
    }
    const records = (isAllowed: boolean) =>
      converse(isAllowed, async (conversation) =>
        ((await conversation.recordsOf([mailbox])).get(mailbox) ?? []).map(({ guid }) => guid).toSorted(),
      )
    let batches = 0
    const destroy = (isAllowed: boolean, command: DestroyCommand) =>
      converse(isAllowed, (conversation) => conversation.destroy(`batch-${(batches += 1)}`, command))

    test.each<DestroyCommand>([
      { id: 'w', kind: 'wipe', record: record(1), accountOnly: false },
      { id: 'c', kind: 'cancelWipe', record: record(1), accountOnly: false },
      { id: 'r', kind: 'remove', record: record(1) },
    ])('$kind: a relay whose own configuration does not allow it takes nothing of it', async (command) => {
      await expect(destroy(false, command)).rejects.toMatchObject({ code: 'conflict', retryable: false })
      expect(await records(false)).toEqual([1, 2, 3].map(record))
    })

    test('a wipe, of the phone or of the account alone, is taken and can be cancelled; the partnership stays', async () => {
      for (const accountOnly of [false, true]) {
        for (const kind of ['wipe', 'cancelWipe'] as const) {
          const outcome = await destroy(true, { id: 'x', kind, record: record(2), accountOnly })
          expect(outcome).toMatchObject({ id: 'x', ok: true })
        }
      }
      expect(await records(true)).toContain(record(2))
    })

    test('a removal ends that partnership and no other; once more it is not found, and certainly not done', async () => {
      const remove = { id: 'x', kind: 'remove', record: record(3) } as const
      expect(await destroy(true, remove)).toMatchObject({ ok: true })
      expect(await records(true)).toEqual([1, 2].map(record))
      expect(await destroy(true, remove)).toMatchObject({ ok: false, failure: { category: 'notFound', ran: 'no' } })
    })
  })
}
