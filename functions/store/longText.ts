/** A long text in several properties of a row, since one holds 32 Ki UTF-16 units only: `data`, `data1`, `data2` … Pure. */
import type { ReadRow } from './row.ts'

const partUnits = 32_000

/** The properties that hold the text. */
export function textProperties(name: string, text: string): Record<string, string> {
  if (text.length <= partUnits) return { [name]: text }
  const parts: Record<string, string> = {}
  let from = 0
  for (let index = 0; from < text.length; index += 1) {
    const to = partEnd(text, from)
    parts[index === 0 ? name : `${name}${index}`] = text.slice(from, to)
    from = to
  }
  return parts
}

/** The same for rows that are merged, where the parts of a longer text before would stay: an empty part ends the text. */
export function mergedTextProperties(name: string, text: string): Record<string, string> {
  const parts = textProperties(name, text)
  parts[`${name}${Object.keys(parts).length}`] = ''
  return parts
}

/** null: the row has no such text. */
export function readText(row: ReadRow, name: string): string | null {
  const first = row[name]
  if (typeof first !== 'string') return null
  let text = first
  for (let index = 1; ; index += 1) {
    const part = row[`${name}${index}`]
    if (typeof part !== 'string' || part === '') return text
    text += part
  }
}

/** Never between the two halves of a surrogate pair: each half alone would be lost in UTF-8. */
function partEnd(text: string, from: number): number {
  const end = from + partUnits
  if (end >= text.length) return text.length
  const last = text.charCodeAt(end - 1)
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end
}
