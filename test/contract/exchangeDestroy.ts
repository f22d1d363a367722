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

/** The second only tries, and was wiped; the third says nothing of itself. */
const statistics: Readonly<Record<number, object>> = {
  1: { LastSuccessSync: '2026-03-01T08:00:00Z', LastSyncAttemptTime: '2026-03-01T07:00:00Z' },
  2: {
    LastSuccessSync: '2026-01-01T08:00:00Z',
    LastSyncAttemptTime: '2026-11-01T08:00:00Z',
    DeviceWipeRequestTime: '2026-02-01T08:00:00Z',
    DeviceWipeAckTime: '2026-02-02T08:00:00Z',
  },
}

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
    ...statistics[index],
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

    test('when the partnerships of a mailbox synced last, or tried; a mailbox that is not there is missing', async () => {
      const said = await converse(true, (conversation) => conversation.lastSyncs([mailbox, record(9)]))
      expect([...said.keys()]).toEqual([mailbox])
      const own = (said.get(mailbox) ?? []).toSorted((a, b) => ((a.record ?? '') < (b.record ?? '') ? -1 : 1))
      const phone = (index: number, lastSync: string | null) => ({
        record: record(index),
        deviceId: `Dev${index}`,
        deviceType: 'iPhone',
        lastSync,
        isWipePending: false,
      })
      expect(own).toEqual([phone(1, '2026-03-01T08:00:00.000Z'), phone(2, '2026-11-01T08:00:00.000Z'), phone(3, null)])
    })

    test('a wipe, of the phone or of the account alone, is taken and can be cancelled; the partnership stays', async () => {
      for (const accountOnly of [false, true]) {
        for (const kind of ['wipe', 'cancelWipe'] as const) {
          const outcome = await destroy(true, { id: 'x', kind, record: record(2), accountOnly })
          expect(outcome).toMatchObject({ id: 'x', ok: true })
          const said = await converse(true, (conversation) => conversation.lastSyncs([mailbox]))
          const own = said.get(mailbox)?.find((one) => one.record === record(2))
          expect([kind, own?.isWipePending]).toEqual([kind, kind === 'wipe'])
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
