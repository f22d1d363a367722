/** The plan of a run, a row per change, its outcome in properties of its own, so that either is written without the other. Table changes. */
import type { Outcome, PlannedChange } from '../core/plan.ts'
import type { Store, StoredChange } from '../portsStore.ts'
import { afterPrefix, escapeKey, joinKey, unescapeKey } from './keys.ts'
import { mergedTextProperties, readText } from './longText.ts'
import { submitPhases } from './submitPhases.ts'
import { schemaVersion, type ReadRow } from './row.ts'
import type { Table } from './table.ts'
import type { Action } from './transactions.ts'

export function changes(table: Table): Pick<Store, 'putChanges' | 'changes' | 'saveOutcomes'> {
  return {
    async putChanges(connectorId, runId, put) {
      const partitionKey = joinKey(connectorId, runId)
      await submitPhases(
        table,
        put.map(({ key, change }): Action => {
          const text = mergedTextProperties('change', JSON.stringify(change))
          return ['upsert', { partitionKey, rowKey: escapeKey(key), v: schemaVersion, ...text }, 'Merge']
        }),
      )
    },
    async changes(connectorId, runId, prefix, after, top) {
      const found: StoredChange[] = []
      if (top < 1) return found
      const start = escapeKey(prefix)
      const range = { from: start, to: afterPrefix(start), top, ...(after !== null && { after: escapeKey(after) }) }
      for await (const rows of table.scan(joinKey(connectorId, runId), range)) found.push(...rows.map(fromRow))
      return found.slice(0, top)
    },
    async saveOutcomes(connectorId, runId, outcomes) {
      const partitionKey = joinKey(connectorId, runId)
      await submitPhases(
        table,
        [...outcomes].map(([key, outcome]): Action => {
          const text = mergedTextProperties('outcome', JSON.stringify(outcome))
          return ['update', { partitionKey, rowKey: escapeKey(key), v: schemaVersion, ...text }, 'Merge', { etag: '*' }]
        }),
      )
    },
  }
}

function fromRow(row: ReadRow): StoredChange {
  const change: PlannedChange = JSON.parse(readText(row, 'change') ?? 'null')
  const outcome: Outcome | null = JSON.parse(readText(row, 'outcome') ?? 'null')
  return {
    key: unescapeKey(row.rowKey),
    change,
    outcome,
  }
}
