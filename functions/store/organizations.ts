/** Which connector serves an Exchange organization: one row each, in a partition of its own, guarded by its ETag. Table connectors. */
import { randomUUID } from 'node:crypto'
import type { Organization } from '../core/run.ts'
import type { Store } from '../portsStore.ts'
import { joinKey } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { schemaVersion } from './row.ts'
import type { Table } from './table.ts'
import { writeGuarded } from './writeGuarded.ts'

const rowKey = 'organization'

export function organizations(table: Table): Pick<Store, 'organization' | 'saveOrganization'> {
  // No connector's id has a bar in it, so no connector's partition is met
  const partitionOf = (key: string) => joinKey('organization', key)
  return {
    async organization(key) {
      const row = await table.read(partitionOf(key), rowKey)
      if (!row) return null
      const value: Organization = JSON.parse(readText(row, 'data') ?? 'null')
      return { value, etag: row.etag }
    },
    saveOrganization(key, value, etag) {
      const head = { partitionKey: partitionOf(key), rowKey, v: schemaVersion, write: randomUUID() }
      return writeGuarded(table, { ...head, ...textProperties('data', JSON.stringify(value)) }, etag)
    },
  }
}
