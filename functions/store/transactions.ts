/** Actions on one partition, grouped into transactions that Table Storage takes: 100 operations, 4 MiB of body. Pure. */
import { AppError } from '../errors.ts'
import { measureRow, type Row } from './row.ts'

const maxActions = 100
const maxBodyBytes = 3.5 * 1024 * 1024

/** UTF-8 of JSON inside JSON: a quote becomes two bytes, a unit outside ASCII at most three. */
const bytesPerUnit = 3
/** Boundary, URL and headers of one operation, about; the keys are in the URL and in the body. */
const bytesPerAction = 1_200

/** What easgate uses of the client's TransactionAction. */
export type WriteAction =
  | ['create', Row]
  | ['update', Row, 'Merge' | 'Replace', { readonly etag: string }]
  | ['upsert', Row, 'Merge' | 'Replace']

export type Action = WriteAction | ['delete', { readonly partitionKey: string; readonly rowKey: string }]

/**
 * Groups in input order. Throws AppError storeFailed for a row that does not fit in the table at all, internal for a row that comes twice: Azure
 * refuses that in one transaction, and in two the later would win silently.
 */
export function groupActions(table: string, actions: readonly Action[]): Action[][] {
  const groups: Action[][] = []
  const seen = new Set<string>()
  let group: Action[] = []
  let bytes = 0
  for (const action of actions) {
    const row = action[1]
    if (seen.has(row.rowKey)) throw comesTwice(table, row)
    seen.add(row.rowKey)
    const more = bytesPerAction + (action[0] === 'delete' ? 0 : bytesPerUnit * measureRow(table, action[1]))
    if (group.length === maxActions || (group.length > 0 && bytes + more > maxBodyBytes)) {
      groups.push(group)
      group = []
      bytes = 0
    }
    group.push(action)
    bytes += more
  }
  if (group.length > 0) groups.push(group)
  return groups
}

function comesTwice(table: string, row: { readonly partitionKey: string; readonly rowKey: string }): AppError {
  const which = `row ${row.rowKey} of partition ${row.partitionKey}`
  return new AppError('internal', `${which} comes twice in one write to table ${table}`)
}
