/** Rows that record which entries easgate made: written before the command that makes them is sent. */
import { deviceKey } from '../core/deviceKey.ts'
import type { List, OwnEntry } from '../core/types.ts'
import type { RowKey, StoredRow } from '../portsStore.ts'

export function entryKey(
  mailboxGuid: string,
  { deviceId, list }: { readonly deviceId: string; readonly list: List },
): RowKey {
  return { mailboxGuid, kind: 'entry', id: `${list}|${deviceKey(deviceId)}` }
}

export function entryRow(mailboxGuid: string, entry: OwnEntry): StoredRow {
  return { ...entryKey(mailboxGuid, entry), data: JSON.stringify(entry), decision: null }
}
