/** The relays of a connector and whether an administrator approved their keys. Table connectors, one row each. */
import type { RelayApproval, Store } from '../ports.ts'
import { afterPrefix, escapeKey, joinKey } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { schemaVersion, type ReadRow, type Row } from './row.ts'
import type { Table } from './table.ts'

const prefix = 'relay|'

export function relays(table: Table): Pick<Store, 'relays' | 'saveRelay'> {
  return {
    async relays(connectorId) {
      const found: RelayApproval[] = []
      const range = { from: prefix, to: afterPrefix(prefix) }
      for await (const rows of table.scan(escapeKey(connectorId), range)) found.push(...rows.map(fromRow))
      return found
    },
    saveRelay: (connectorId, relay) => table.upsert(toRow(connectorId, relay)),
  }
}

function toRow(connectorId: string, relay: RelayApproval): Row {
  const rowKey = joinKey('relay', relay.fingerprint)
  return {
    partitionKey: escapeKey(connectorId),
    rowKey,
    v: schemaVersion,
    ...textProperties('data', JSON.stringify(relay)),
  }
}

function fromRow(row: ReadRow): RelayApproval {
  const relay: RelayApproval = JSON.parse(readText(row, 'data') ?? 'null')
  return relay
}
