/** What the parts of the store's contract share. */
import type { Store } from '../../functions/portsStore.ts'

/** What a test gets: two clients of the same data, as two processes have, and ids of its own. */
export interface StoreTest {
  readonly store: () => Store
  readonly other: () => Store
  readonly newId: () => string
}

/** Ids that would break a key, a filter, a URL or a line if they got there as they are. */
export const hostileIds = ['/\\#?%§\'"\n😀', '%2F%25', '~002F', 'a|b', ' ', '\u0001\u007f', '\ud800', 'ÄÖ'] as const
