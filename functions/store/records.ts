/** The last known mailboxes, users, devices, entries and EAS records, a table partition for each partition of mailboxes. Table records. */
import pLimit from 'p-limit'
import { AppError } from '../errors.ts'
import type { RowKey, RowKind, Store, StoredRow } from '../portsStore.ts'
import { afterPrefix, joinKey, partitionDigits, splitKey } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { schemaVersion, type ReadRow } from './row.ts'
import { submitPhases } from './submitPhases.ts'
import type { Table } from './table.ts'
import type { Action } from './transactions.ts'

/** Reads under way at once. */
const maxReads = 16

/** The kinds sort as the port asks by their own names. Entries, which say what easgate owns, are written before anything else. */
export function records(table: Table): Pick<Store, 'rows' | 'rowsOf' | 'writeRows'> {
  return {
    async rows(connectorId, partition) {
      const found: StoredRow[] = []
      for await (const rows of table.scan(joinKey(connectorId, partitionDigits(partition)))) {
        for (const row of rows) found.push(fromRow(row))
      }
      return found
    },
    async rowsOf(connectorId, partition, mailboxGuids) {
      const key = joinKey(connectorId, partitionDigits(partition))
      const limit = pLimit(maxReads)
      const found = await limit.map([...new Set(mailboxGuids)].toSorted(), async (guid) => {
        const prefix = joinKey(guid, '')
        const ofMailbox: StoredRow[] = []
        for await (const rows of table.scan(key, { from: prefix, to: afterPrefix(prefix) }))
          ofMailbox.push(...rows.map(fromRow))
        return ofMailbox
      })
      return found.flat()
    },
    async writeRows(connectorId, partition, upserts, deletes) {
      const key = joinKey(connectorId, partitionDigits(partition))
      const upserted = (isOwnership: boolean) =>
        upserts
          .filter(({ kind }) => (kind === 'entry' || kind === 'assignment') === isOwnership)
          .map((row): Action => ['upsert', toRow(key, row), 'Replace'])
      const deleted = deletes.map((row): Action => ['delete', { partitionKey: key, rowKey: rowKeyOf(row) }])
      await submitPhases(table, upserted(true), upserted(false), deleted)
    },
  }
}

function rowKeyOf({ mailboxGuid, kind, id }: RowKey): string {
  return joinKey(mailboxGuid, kind, id)
}

function toRow(key: string, row: StoredRow) {
  return {
    partitionKey: key,
    rowKey: rowKeyOf(row),
    v: schemaVersion,
    ...textProperties('data', row.data),
    ...(row.decision !== null && textProperties('decision', row.decision)),
  }
}

/** Every kind, and no other text. */
const kinds: Record<RowKind, RowKind> = {
  activation: 'activation',
  assignment: 'assignment',
  device: 'device',
  entry: 'entry',
  lastSync: 'lastSync',
  mailbox: 'mailbox',
  mark: 'mark',
  pin: 'pin',
  record: 'record',
  user: 'user',
}
const kindByName = new Map<string, RowKind>(Object.entries(kinds))

function fromRow(row: ReadRow): StoredRow {
  const [mailboxGuid = '', name = '', id = ''] = splitKey(row.rowKey)
  const kind = kindByName.get(name)
  if (!kind) throw new AppError('internal', `a record's row is of no known kind: ${row.rowKey}`)
  return {
    mailboxGuid,
    kind,
    id,
    data: readText(row, 'data') ?? '',
    decision: readText(row, 'decision'),
  }
}
