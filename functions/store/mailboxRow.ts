/**
 * How a mailbox stands in its table partition: one row `guid|` with all of its rows as text; where that is too long, `guid|+|write|n` beside it.
 * Older apps wrote `guid|kind|id`, one for each: they count until there is a row `guid|`. Pure.
 */
import type { StoredRow } from '../portsStore.ts'
import { joinKey, sortable, splitKey } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { keyInMailbox, kindOf, mailboxText, rowsInText } from './mailboxText.ts'
import { schemaVersion, type ReadRow, type Row } from './row.ts'

/** Of a row, which holds 512 Ki UTF-16 units with all names. */
const partUnits = 400_000
const partMark = '+'

/** A mailbox as it was read. */
export interface HeldMailbox {
  readonly mailboxGuid: string
  /** By keyInMailbox, in its order. */
  readonly rows: ReadonlyMap<string, StoredRow>
  /** null: it has no row of its own yet. */
  readonly etag: string | null
  /** Keys of table rows that are of no use once it is written again. */
  readonly stale: readonly string[]
  /** A table row for each of its rows (version 1), rows that its own does not name, or a row of its own that says nothing. */
  readonly isUntidy: boolean
}

export function headKey(mailboxGuid: string): string {
  return joinKey(mailboxGuid, '')
}

/** True where one row says it all. */
export function isWhole(head: ReadRow): boolean {
  return head.parts === undefined
}

/** `found`: table rows of this mailbox, all of them or its head alone. null: they are from before and after a writing; to be read again. */
export function toHeld(mailboxGuid: string, found: readonly ReadRow[]): HeldMailbox | null {
  const key = headKey(mailboxGuid)
  const head = found.find(({ rowKey }) => rowKey === key)
  const others = found.filter((row) => row !== head)
  const stale = others.map(({ rowKey }) => rowKey)
  const etag = head?.etag ?? null
  if (!head) return { mailboxGuid, rows: byKey(olderRows(mailboxGuid, others)), etag, stale, isUntidy: true }
  const text = isWhole(head) ? readText(head, 'rows') : textOfParts(mailboxGuid, head, others)
  if (text === null) return null
  const isUntidy = text === '' || others.length > Number(head.parts ?? 0)
  return { mailboxGuid, rows: byKey(rowsInText(mailboxGuid, text)), etag, stale, isUntidy }
}

/** The rows to write: `parts` before `head`, which names them. `write`: unique to this writing. */
export function toTableRows(
  partitionKey: string,
  mailboxGuid: string,
  rows: Iterable<StoredRow>,
  write: string,
): { readonly head: Row; readonly parts: readonly Row[] } {
  const base = { partitionKey, v: schemaVersion }
  const head = { ...base, rowKey: headKey(mailboxGuid) }
  const text = mailboxText(rows)
  if (text.length <= partUnits) return { head: { ...head, ...textProperties('rows', text) }, parts: [] }
  // Line by line where a part ends, so that no pair of surrogates is cut
  const parts = cut(text).map((part, index) => ({
    ...base,
    rowKey: joinKey(mailboxGuid, partMark, write, sortable(index, 4)),
    ...textProperties('rows', part),
  }))
  return { head: { ...head, write, parts: parts.length }, parts }
}

function textOfParts(mailboxGuid: string, head: ReadRow, others: readonly ReadRow[]): string | null {
  const prefix = joinKey(mailboxGuid, partMark, String(head.write), '')
  const parts = others.filter(({ rowKey }) => rowKey.startsWith(prefix))
  return parts.length === head.parts ? parts.map((row) => readText(row, 'rows') ?? '').join('\n') : null
}

function olderRows(mailboxGuid: string, found: readonly ReadRow[]): StoredRow[] {
  return found.flatMap((row) => {
    const [, name = '', id = ''] = splitKey(row.rowKey)
    if (name === partMark) return []
    const [data, decision] = [readText(row, 'data') ?? '', readText(row, 'decision')]
    return [{ mailboxGuid, kind: kindOf(name), id, data, decision }]
  })
}

function byKey(rows: readonly StoredRow[]): Map<string, StoredRow> {
  return new Map(rows.map((row) => [keyInMailbox(row), row]))
}

/** Whole lines, joined by newlines again when they are read. */
function cut(text: string): string[] {
  const parts: string[] = []
  for (let from = 0; from < text.length;) {
    const end = from + partUnits
    const at = end >= text.length ? text.length : text.lastIndexOf('\n', end)
    // A line of its own that is too long is refused by name when it is written
    const to = at <= from ? text.indexOf('\n', end) : at
    parts.push(text.slice(from, to === -1 ? text.length : to))
    from = (to === -1 ? text.length : to) + 1
  }
  return parts
}
