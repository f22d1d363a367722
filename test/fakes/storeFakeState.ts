/** Documents, relays and runs of the store in memory. */
import type { Run } from '../../functions/core/run.ts'
import { AppError } from '../../functions/errors.ts'
import type { RelayApproval } from '../../functions/core/relay.ts'
import type { Store, Versioned } from '../../functions/portsStore.ts'
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

export function organizations(nextEtag: () => string): Pick<Store, 'organization' | 'saveOrganization'> {
  const rows = guardedRows(nextEtag)
  return {
    async organization(key) {
      const row = rows.read(key)
      return row && { value: JSON.parse(row.value), etag: row.etag }
    },
    async saveOrganization(key, value, etag) {
      return rows.write(key, JSON.stringify(value), etag)
    },
  }
}

export function relays(nextEtag: () => string): Pick<Store, 'relays' | 'relay' | 'saveRelay' | 'sawRelay'> {
  const rows = guardedRows(nextEtag)
  const read = (connectorId: string, fingerprint: string): Versioned<RelayApproval> | null => {
    const row = rows.read(keyOf(connectorId, fingerprint))
    return row && { value: (JSON.parse(row.value) as Owned).relay, etag: row.etag }
  }
  const write = (connectorId: string, relay: RelayApproval, etag: string | null) =>
    rows.write(keyOf(connectorId, relay.fingerprint), JSON.stringify({ connectorId, relay } satisfies Owned), etag)
  return {
    async relays(connectorId) {
      const own = rows.texts().map((text): Owned => JSON.parse(text))
      return own
        .flatMap((row) => (row.connectorId === connectorId ? [row.relay] : []))
        .toSorted((a, b) => compare(a.fingerprint, b.fingerprint))
    },
    relay: async (connectorId, fingerprint) => read(connectorId, fingerprint),
    saveRelay: async (connectorId, relay, etag) => write(connectorId, relay, etag),
    async sawRelay(connectorId, relay) {
      const known = read(connectorId, relay.fingerprint)
      const { host, lastSeen, about } = relay
      write(connectorId, known ? { ...known.value, host, lastSeen, about } : relay, known?.etag ?? null)
    },
  }
}

export function wipes(nextEtag: () => string): Pick<Store, 'ledgerWipe' | 'saveLedgerWipe'> {
  const rows = guardedRows(nextEtag)
  return {
    async ledgerWipe(connectorId, record) {
      const row = rows.read(keyOf(connectorId, record))
      return row && { value: JSON.parse(row.value), etag: row.etag }
    },
    async saveLedgerWipe(connectorId, wipe, etag) {
      return rows.write(keyOf(connectorId, wipe.record), JSON.stringify(wipe), etag)
    },
  }
}

interface Owned {
  readonly connectorId: string
  readonly relay: RelayApproval
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
export interface GuardedRows {
  texts(): string[]
  read(key: string): Versioned<string> | null
  write(key: string, text: string, etag: string | null): string
}

export function guardedRows(nextEtag: () => string): GuardedRows {
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
