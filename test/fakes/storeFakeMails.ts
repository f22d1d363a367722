/** The ledger of mails of the store in memory. */
import type { LedgerMail } from '../../functions/core/mail.ts'
import type { Store } from '../../functions/portsStore.ts'
import { compare, keyOf } from './storeFakeKeys.ts'
import { guardedRows } from './storeFakeState.ts'

interface Owned {
  readonly connectorId: string
  readonly mail: LedgerMail
}

export function mails(nextEtag: () => string): Pick<Store, 'ledgerMail' | 'saveLedgerMail' | 'dueMails'> {
  const rows = guardedRows(nextEtag)
  return {
    async ledgerMail(connectorId, { record, reason }) {
      const row = rows.read(keyOf(connectorId, record, reason))
      return row && { value: (JSON.parse(row.value) as Owned).mail, etag: row.etag }
    },
    async saveLedgerMail(connectorId, mail, before) {
      const text = JSON.stringify({ connectorId, mail } satisfies Owned)
      return rows.write(keyOf(connectorId, mail.record, mail.reason), text, before?.etag ?? null)
    },
    async dueMails(connectorId, now, top) {
      const all = rows.texts().map((text): Owned => JSON.parse(text))
      const due = all.flatMap(({ connectorId: owner, mail }) =>
        owner === connectorId && mail.dueAt !== null && mail.dueAt <= now ? [mail] : [],
      )
      return due
        .toSorted((a, b) => compare(a.dueAt ?? '', b.dueAt ?? '') || compare(a.record, b.record))
        .slice(0, Math.max(top, 0))
        .map(({ record, reason }) => ({ record, reason }))
    },
  }
}
