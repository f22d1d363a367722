/** Counts what a store's callers ask of Table Storage, for each of them alone: invocations that overlap in one process do not count each other's. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Store } from '../portsStore.ts'

export interface TableSpent {
  /** Requests sent, retries included. */
  requests: number
  /** As the requests, but of a transaction every row. */
  operations: number
}

const caller = new AsyncLocalStorage<TableSpent>()

/** `more`: added to the store's own count and to that of the caller on whose behalf this is done. */
export function countSpent(ofStore: TableSpent, more: TableSpent): void {
  for (const spent of [ofStore, caller.getStore()]) {
    if (!spent) continue
    spent.requests += more.requests
    spent.operations += more.operations
  }
}

/** The same store, with what is asked through it counted from here on. */
export function countedStore(store: Store): Store {
  const spent: TableSpent = { requests: 0, operations: 0 }
  const methods = Object.entries(store).map(([name, method]) => [name, counted(spent, method as Method)])
  return {
    ...(Object.fromEntries(methods) as Store),
    requests: () => spent.requests,
    operations: () => spent.operations,
  }
}

type Method = (...args: readonly unknown[]) => unknown

function counted(spent: TableSpent, method: Method): Method {
  return (...args) => {
    const result = caller.run(spent, () => method(...args))
    return isIterable(result) ? countedPages(spent, result) : result
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** A generator works when its next page is asked for, so that is what must run on the caller's account. */
async function* countedPages(spent: TableSpent, pages: AsyncIterable<unknown>): AsyncGenerator {
  const iterator = pages[Symbol.asyncIterator]()
  try {
    for (;;) {
      const page = await caller.run(spent, () => iterator.next())
      if (page.done === true) return
      yield page.value
    }
  } finally {
    await iterator.return?.()
  }
}
