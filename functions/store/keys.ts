/**
 * Partition and row keys of every table: escaping and joining, the only place that knows what a key may hold. Pure.
 * Azure refuses `/ \ # ?` and control characters in keys; `%` and quotes break in URLs; the rest of ASCII is kept.
 */
import { AppError } from '../errors.ts'

/** 1 KiB of UTF-16. https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model */
const maxKeyUnits = 512

const unsafe = /[^ -~]|[/\\#?%'~]/
const everyUnsafe = new RegExp(unsafe, 'g')

/** One text as a key: `~hhhh` for every UTF-16 unit that is not plain. Reversible; prefixes stay prefixes; plain texts keep their order. */
export function escapeKey(text: string): string {
  return checkLength(escapeUnits(text))
}

/** Several texts as one key, joined by `|`, which is escaped inside a part: different parts never give the same key. */
export function joinKey(...parts: readonly string[]): string {
  return checkLength(parts.map((part) => escapeUnits(part).replaceAll('|', '~007C')).join('|'))
}

/** The texts that joinKey was given. */
export function splitKey(key: string): string[] {
  return key.split('|').map(unescapeKey)
}

export function unescapeKey(key: string): string {
  if (!key.includes('~')) return key
  return key.replace(/~([0-9A-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Above every escaped key that starts with `prefix`: what follows is below `~`, or `~` and a hexadecimal digit. */
export function afterPrefix(prefix: string): string {
  return `${prefix}~~`
}

/** A number as text that sorts as the number does. */
export function sortable(value: number, digits: number): string {
  if (Number.isInteger(value) && value >= 0 && value < 10 ** digits) return String(value).padStart(digits, '0')
  throw new AppError('internal', `${value} does not fit in a key of ${digits} digits`)
}

/** Partition numbers have four digits everywhere, as in change keys. */
export function partitionDigits(partition: number): string {
  return sortable(partition, 4)
}

function escapeUnits(text: string): string {
  if (!unsafe.test(text)) return text
  return text.replace(everyUnsafe, (unit) => `~${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)
}

function checkLength(key: string): string {
  if (key.length <= maxKeyUnits) return key
  const start = key.slice(0, 60)
  throw new AppError('storeFailed', `a table key has ${key.length} characters, at most ${maxKeyUnits} fit: ${start}…`)
}
