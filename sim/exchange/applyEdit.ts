/** A multi-valued property under a parameter value: array overwrites, null clears, `{ Add, Remove }` edits (facts A6). Pure. */

interface Edit {
  readonly Add?: readonly string[]
  readonly Remove?: readonly string[]
}

/** The value of such a parameter. */
export type ListChange = readonly string[] | Edit | null

/** Case is ignored in membership and kept in what is stored; adding what is there and removing what is not are no errors. */
export function applyEdit(list: readonly string[], value: ListChange): string[] {
  if (value === null) return []
  if (isTexts(value)) return addAll([], value)
  const { Add = [], Remove = [] } = value
  const removed = new Set(Remove.map((item) => item.toLowerCase()))
  const kept = list.filter((item) => !removed.has(item.toLowerCase()))
  return addAll(kept, Add)
}

export function isListChange(value: unknown): value is ListChange {
  return value === null || isTexts(value) || isEdit(value)
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isEdit(value: unknown): value is Edit {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  return entries.length > 0 && entries.every(([key, items]) => (key === 'Add' || key === 'Remove') && isTexts(items))
}

function addAll(list: readonly string[], items: readonly string[]): string[] {
  const byKey = new Map(list.map((item) => [item.toLowerCase(), item]))
  for (const item of items) if (!byKey.has(item.toLowerCase())) byKey.set(item.toLowerCase(), item)
  return [...byKey.values()]
}
