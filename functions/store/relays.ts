/** The relays of a connector and whether an administrator approved their keys. Table connectors, one row each. */
import { randomUUID } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { RelayApproval } from '../core/relay.ts'
import type { Store } from '../portsStore.ts'
import { afterPrefix, escapeKey, joinKey } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { schemaVersion, type ReadRow, type Row } from './row.ts'
import type { Table } from './table.ts'
import { writeGuarded, type GuardedRow } from './writeGuarded.ts'

const prefix = 'relay|'

export function relays(table: Table): Pick<Store, 'relays' | 'relay' | 'saveRelay' | 'sawRelay'> {
  return {
    async relays(connectorId) {
      const found: RelayApproval[] = []
      const range = { from: prefix, to: afterPrefix(prefix) }
      for await (const rows of table.scan(escapeKey(connectorId), range)) found.push(...rows.map(fromRow))
      return found
    },
    async relay(connectorId, fingerprint) {
      const row = await table.read(escapeKey(connectorId), joinKey('relay', fingerprint))
      return row && { value: fromRow(row), etag: row.etag }
    },
    saveRelay: (connectorId, relay, etag) => writeGuarded(table, toRow(connectorId, relay), etag),
    async sawRelay(connectorId, relay) {
      try {
        await table.insert(toRow(connectorId, relay))
      } catch (thrown) {
        if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile') throw thrown
        // Merged beside the approval, which an administrator may be writing at this moment
        await table.submit([['upsert', seenRow(connectorId, relay), 'Merge']])
      }
    },
  }
}

function toRow(connectorId: string, relay: RelayApproval): GuardedRow {
  return {
    ...seenRow(connectorId, relay),
    ...textProperties('data', JSON.stringify(relay)),
    write: randomUUID(),
  }
}

function seenRow(connectorId: string, { fingerprint, host, lastSeen, about }: RelayApproval) {
  const seen = JSON.stringify({ host, lastSeen, about })
  const row = { partitionKey: escapeKey(connectorId), rowKey: joinKey('relay', fingerprint), v: schemaVersion, seen }
  return row satisfies Row
}

function fromRow(row: ReadRow): RelayApproval {
  const relay: RelayApproval = JSON.parse(readText(row, 'data') ?? 'null')
  const seen: Pick<RelayApproval, 'host' | 'lastSeen' | 'about'> = JSON.parse(readText(row, 'seen') ?? '{}')
  return { ...relay, ...seen }
}
