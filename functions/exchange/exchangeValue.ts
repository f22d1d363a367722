/** Reads single values out of a row that Exchange printed: names or numbers, one or many, blank or absent. Pure. */
import type { Row } from '../../protocol/messages.ts'

/** Trimmed; blank, absent or no plain value: null. */
export function textOf(row: Row, name: string): string | null {
  return plainText(row[name])?.trim() || null
}

/** Not trimmed, blank entries left out. A multi-valued property with one value may come as that value alone. */
export function textsOf(row: Row, name: string): string[] {
  const value = row[name]
  const items: unknown[] = Array.isArray(value) ? value : [value]
  return items.flatMap((item) => {
    const text = plainText(item)
    return text === null || text.trim() === '' ? [] : [text]
  })
}

/** Booleans come as such or as text; anything else: `otherwise`. */
export function flagOf(row: Row, name: string, otherwise: boolean): boolean {
  const text = textOf(row, name)?.toLowerCase()
  return text === 'true' || (text !== 'false' && otherwise)
}

/** Lower case, without braces. */
export function guidOf(row: Row, name = 'Guid'): string | null {
  return (
    textOf(row, name)
      ?.replace(/^\{(.*)\}$/, '$1')
      .toLowerCase() ?? null
  )
}

/**
 * An enum, by name (case ignored) or by number, as the name in `names`; a text that is none of them stays as it is, because later versions of
 * Exchange have more (facts A5). null when blank.
 */
export function enumOf(row: Row, name: string, names: readonly string[]): string | null {
  const text = textOf(row, name)
  if (text === null) return null
  const byNumber = /^\d+$/.test(text) ? names[Number(text)] : undefined
  return byNumber ?? names.find((known) => known.toLowerCase() === text.toLowerCase()) ?? text
}

/**
 * ISO-8601 UTC with milliseconds. Exchange's times are UTC whether they say so or not (facts A3).
 *
 *   2026-11-01T08:00:00Z, …+02:00    as it says
 *   2026-11-01T08:00:00              UTC
 *   /Date(1793520000000)/            how PowerShell 5.1 writes a time as JSON
 *   blank, 0001-01-01…, other        null
 */
export function timeOf(row: Row, name: string): string | null {
  const text = textOf(row, name)
  if (text === null) return null
  const ticks = /^\/Date\((-?\d+)([+-]\d{4})?\)\/$/.exec(text)?.[1]
  const iso = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|[+-]\d{2}:?\d{2})?$/i.exec(text)
  const time = ticks ? Number(ticks) : iso ? Date.parse(`${iso[1]}T${iso[2]}${iso[3]?.toUpperCase() ?? 'Z'}`) : NaN
  // The lowest year stands for "never" in .NET.
  return Number.isNaN(time) || time < noTime || Math.abs(time) > lastTime ? null : new Date(time).toISOString()
}

const noTime = Date.UTC(1601, 0, 2)
const lastTime = 8.64e15

function plainText(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}
