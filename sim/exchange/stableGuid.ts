/** A Guid made from a text, the same at every start, for objects of the world that state none. Pure. */
import { createHash } from 'node:crypto'

export function stableGuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
