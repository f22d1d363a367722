/** The connector's documents (state, policy, configurations): one row each, guarded by its ETag. Table connectors. */
import { randomUUID } from 'node:crypto'
import type { Documents, Store, Versioned } from '../portsStore.ts'
import { escapeKey, joinKey } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { schemaVersion } from './row.ts'
import type { Table } from './table.ts'
import { writeGuarded, type GuardedRow } from './writeGuarded.ts'

export function documents(table: Table): Pick<Store, 'document' | 'saveDocument'> {
  return {
    async document<K extends keyof Documents>(connectorId: string, name: K): Promise<Versioned<Documents[K]> | null> {
      const row = await table.read(escapeKey(connectorId), documentKey(name))
      if (!row) return null
      const value: Documents[K] = JSON.parse(readText(row, 'data') ?? 'null')
      return { value, etag: row.etag }
    },
    saveDocument: (connectorId, name, value, etag) => writeGuarded(table, toRow(connectorId, name, value), etag),
  }
}

function toRow(connectorId: string, name: keyof Documents, value: unknown): GuardedRow {
  return {
    partitionKey: escapeKey(connectorId),
    rowKey: documentKey(name),
    v: schemaVersion,
    write: randomUUID(),
    ...textProperties('data', JSON.stringify(value)),
  }
}

function documentKey(name: keyof Documents): string {
  return joinKey('document', name)
}
