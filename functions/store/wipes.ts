/** The ledger of wipes: a row for each EAS record that was wiped, guarded by its ETag. Table connectors. */
import { randomUUID } from 'node:crypto'
import type { LedgerWipe } from '../core/wipe.ts'
import type { Store } from '../portsStore.ts'
import { escapeKey, joinKey } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { schemaVersion } from './row.ts'
import type { Table } from './table.ts'
import { writeGuarded } from './writeGuarded.ts'

export function wipes(table: Table): Pick<Store, 'ledgerWipe' | 'saveLedgerWipe'> {
  const rowKey = (record: string) => joinKey('wipe', record)
  return {
    async ledgerWipe(connectorId, record) {
      const row = await table.read(escapeKey(connectorId), rowKey(record))
      if (!row) return null
      const value: LedgerWipe = JSON.parse(readText(row, 'data') ?? 'null')
      return { value, etag: row.etag }
    },
    saveLedgerWipe(connectorId, wipe, etag) {
      const head = { partitionKey: escapeKey(connectorId), rowKey: rowKey(wipe.record), v: schemaVersion }
      return writeGuarded(
        table,
        { ...head, write: randomUUID(), ...textProperties('data', JSON.stringify(wipe)) },
        etag,
      )
    },
  }
}
