/** Documents, relays and runs of the store in memory. */
import type { Run } from '../../functions/core/run.ts'
import { AppError } from '../../functions/errors.ts'
import type { RelayApproval, Store, Versioned } from '../../functions/ports.ts'
import { compare, keyOf } from './storeFakeKeys.ts'

export function documents(nextEtag: () => string): Pick<Store, 'document' | 'saveDocument'> {
  const rows = guardedRows(nextEtag)
  return {
    async document(connectorId, name) {
      const row = rows.read(keyOf(connectorId, name))
      return row && { value: JSON.parse(row.value), etag: row.etag }
    },
    async saveDocument(connectorId, name, value, etag) {
      return rows.write(keyOf(connectorId, name), JSON.stringify(value), etag)
    },
  }
}

export function relays(): Pick<Store, 'relays' | 'saveRelay' | 'sawRelay'> {
  const saved = new Map<string, { connectorId: string; text: string }>()
  return {
    async relays(connectorId) {
      const own = [...saved.values()].filter((relay) => relay.connectorId === connectorId)
      return own
        .map(({ text }): RelayApproval => JSON.parse(text))
        .toSorted((a, b) => compare(a.fingerprint, b.fingerprint))
    },
    async saveRelay(connectorId, relay) {
      saved.set(keyOf(connectorId, relay.fingerprint), { connectorId, text: JSON.stringify(relay) })
    },
    async sawRelay(connectorId, relay) {
      const known = saved.get(keyOf(connectorId, relay.fingerprint))
      const { host, lastSeen } = relay
      const seen = known ? { ...(JSON.parse(known.text) as RelayApproval), host, lastSeen } : relay
      saved.set(keyOf(connectorId, relay.fingerprint), { connectorId, text: JSON.stringify(seen) })
    },
  }
}

export function runs(nextEtag: () => string): Pick<Store, 'run' | 'saveRun' | 'runs'> {
  const rows = guardedRows(nextEtag)
  return {
    async run(connectorId, runId) {
      const row = rows.read(keyOf(connectorId, runId))
      return row && { value: JSON.parse(row.value), etag: row.etag }
    },
    async saveRun(run, etag) {
      return rows.write(keyOf(run.connectorId, run.id), JSON.stringify(run), etag)
    },
    async runs(connectorId, top) {
      const all = rows.texts().map((text): Run => JSON.parse(text))
      const own = all.filter((run) => run.connectorId === connectorId)
      const newestFirst = own.toSorted((a, b) => compare(b.startedAt, a.startedAt) || compare(a.id, b.id))
      return newestFirst.slice(0, Math.max(top, 0))
    },
  }
}

/** Rows that an ETag guards, by key. */
interface GuardedRows {
  texts(): string[]
  read(key: string): Versioned<string> | null
  write(key: string, text: string, etag: string | null): string
}

function guardedRows(nextEtag: () => string): GuardedRows {
  const rows = new Map<string, Versioned<string>>()
  return {
    texts: () => [...rows.values()].map((row) => row.value),
    read: (key) => rows.get(key) ?? null,
    write(key, text, etag) {
      const stored = rows.get(key)?.etag ?? null
      if (stored !== etag) throw changed(`${key} has ETag ${stored}, not ${etag}`)
      const written = { value: text, etag: nextEtag() }
      rows.set(key, written)
      return written.etag
    },
  }
}

function changed(what: string): AppError {
  return new AppError('changedMeanwhile', `somebody else wrote first: ${what}`, { retryable: true })
}
