/** Counts what was asked, so that a test can say how many requests something cost. The simulator's own routes do not count. */
import type { GraphRequest } from './request.ts'

type RequestRow = {
  readonly method: string
  readonly address: string
  readonly status: number
  readonly isInBatch: boolean
  readonly clientRequestId: string | null
}

export type Requests = {
  /** HTTP requests; those inside a batch count in `inBatches`. */
  readonly total: number
  readonly inBatches: number
  /** By method and path without options. */
  readonly byPath: Readonly<Record<string, number>>
  /** The last thousand, oldest first. Status 0: no answer was given. */
  readonly recent: readonly RequestRow[]
}

export type RequestCounter = {
  note: (request: GraphRequest, status: number, isInBatch: boolean) => void
  read: () => Requests
  clear: () => void
}

const kept = 1000

export function makeRequestCounter(): RequestCounter {
  let total = 0
  let inBatches = 0
  const byPath = new Map<string, number>()
  const recent: RequestRow[] = []
  return {
    note: ({ method, url, headers }, status, isInBatch) => {
      if (isInBatch) inBatches += 1
      else total += 1
      const path = `${method} ${decodeURIComponent(url.pathname)}`
      byPath.set(path, (byPath.get(path) ?? 0) + 1)
      const address = decodeURIComponent(`${url.pathname}${url.search}`)
      recent.push({ method, address, status, isInBatch, clientRequestId: headers['client-request-id'] ?? null })
      if (recent.length > 2 * kept) recent.splice(0, kept)
    },
    read: () => ({ total, inBatches, byPath: Object.fromEntries(byPath), recent: recent.slice(-kept) }),
    clear: () => {
      total = 0
      inBatches = 0
      byPath.clear()
      recent.length = 0
    },
  }
}
