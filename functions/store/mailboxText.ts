/** A mailbox's rows as one text, so that one table row holds a mailbox. Pure. */
import { AppError } from '../errors.ts'
import type { RowKey, RowKind, StoredRow } from '../portsStore.ts'
import { joinKey } from './keys.ts'

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
const linesPerRow = 4

/** Four lines a row: kind, id, data, decision. JSON texts have no line breaks in them. */
export function mailboxText(rows: Iterable<StoredRow>): string {
  const keyed = Array.from(rows, (row) => ({ row, key: keyInMailbox(row) }))
  return keyed
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ row: { kind, id, data, decision } }) =>
      [kind, JSON.stringify(id), checkLine(data), checkLine(decision ?? '')].join('\n'),
    )
    .join('\n')
}

/** In the order of mailboxText. Throws AppError internal for what mailboxText did not write. */
export function rowsInText(mailboxGuid: string, text: string): StoredRow[] {
  if (text === '') return []
  const lines = text.split('\n')
  const rows: StoredRow[] = []
  for (let at = 0; at < lines.length; at += linesPerRow) {
    const [name = '', id = '', data = '', decision = ''] = lines.slice(at, at + linesPerRow)
    rows.push({
      mailboxGuid,
      kind: kindOf(name),
      id: JSON.parse(id),
      data,
      decision: decision === '' ? null : decision,
    })
  }
  return rows
}

/** Throws AppError internal. */
export function kindOf(name: string): RowKind {
  const kind = kindByName.get(name)
  if (kind) return kind
  throw new AppError('internal', `a mailbox has a row of no known kind: ${name}`)
}

/** Its rows sort by this. Throws AppError storeFailed for an id that is too long. */
export function keyInMailbox({ kind, id }: Pick<RowKey, 'kind' | 'id'>): string {
  return joinKey(kind, id)
}

function checkLine(text: string): string {
  if (!text.includes('\n')) return text
  throw new AppError('internal', `a text to be stored has a newline in it: ${text.length} characters`)
}
