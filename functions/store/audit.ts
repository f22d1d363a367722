/** The connector's audit: rows numbered without gaps, each with the hash of the one before, and the head of the chain. Table audit. */
import { randomUUID } from 'node:crypto'
import pLimit, { type LimitFunction } from 'p-limit'
import { auditText, firstPreviousHash, type AuditEntry, type AuditRow } from '../core/audit.ts'
import { AppError } from '../errors.ts'
import type { Store } from '../portsStore.ts'
import { escapeKey, sortable } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { schemaVersion, type ReadRow, type Row } from './row.ts'
import type { Table } from './table.ts'
import { groupActions, type Action } from './transactions.ts'

/** Sorts after every number. */
const headKey = 'head'
const seqDigits = 15
const rowsPerTransaction = 99

/** The last row of the chain; `etag` null before the first. */
interface Head {
  readonly seq: number
  readonly hash: string
  readonly etag: string | null
}

/** One connector's chain: appends of this process one after the other, and the head that the last of them left. */
interface Chain {
  readonly oneByOne: LimitFunction
  head: Head | null
}

/** `hash`: SHA-256 of a text as 64 hex digits. */
export function audit(
  table: Table,
  hash: (text: string) => string,
): Pick<Store, 'appendAudit' | 'auditHead' | 'audit'> {
  const chains = new Map<string, Chain>()
  return {
    async appendAudit(connectorId, entries) {
      if (entries.length === 0) return
      const partition = escapeKey(connectorId)
      const chain = chains.get(partition) ?? { oneByOne: pLimit(1), head: null }
      chains.set(partition, chain)
      await chain.oneByOne(append, table, hash, partition, chain, entries)
    },
    async auditHead(connectorId) {
      const { seq, hash: headHash, etag } = await readHead(table, escapeKey(connectorId))
      return etag === null ? null : { seq, hash: headHash }
    },
    async audit(connectorId, fromSeq, top) {
      const found: AuditRow[] = []
      if (top < 1) return found
      const first = Math.max(fromSeq, 1)
      const range = { from: seqKey(first), to: seqKey(Math.min(first + top, 10 ** seqDigits - 1)) }
      for await (const rows of table.scan(escapeKey(connectorId), range)) found.push(...rows.map(fromRow))
      return found
    },
  }
}

/** Appends that may lose against others in a row; each loss means that somebody else went on. */
const maxLosses = 200

async function append(
  table: Table,
  hash: (text: string) => string,
  partition: string,
  chain: Chain,
  entries: readonly AuditEntry[],
): Promise<void> {
  for (let done = 0, losses = 0; done < entries.length;) {
    const head: Head = chain.head ?? (await readHead(table, partition))
    chain.head = null
    const link = makeLink(table.name, hash, partition, head, entries.slice(done, done + rowsPerTransaction))
    try {
      const [etag] = await table.submit(link.actions)
      if (etag) chain.head = { ...link.head, etag }
      done += link.count
    } catch (thrown) {
      losses += 1
      const isLost = thrown instanceof AppError && thrown.code === 'changedMeanwhile' && losses < maxLosses
      if (!isLost) throw thrown
      if (await hasLanded(table, partition, head.seq + 1, link.write)) done += link.count
    }
  }
}

interface Link {
  readonly actions: readonly Action[]
  /** How many entries are in it. */
  readonly count: number
  /** Unique to this transaction. */
  readonly write: string
  readonly head: Omit<Head, 'etag'>
}

/** The next rows of the chain, as many as one transaction takes, behind the head that moves on with them. */
function makeLink(
  table: string,
  hash: (text: string) => string,
  partitionKey: string,
  head: Head,
  entries: readonly AuditEntry[],
): Link {
  const write = randomUUID()
  const hashes: string[] = []
  const creates = entries.map((entry, index): Action => {
    const seq = head.seq + 1 + index
    const text = auditText(seq, hashes.at(-1) ?? head.hash, entry)
    hashes.push(hash(text))
    const row = { partitionKey, rowKey: seqKey(seq), v: schemaVersion, write, hash: hash(text) }
    return ['create', { ...row, ...textProperties('row', text) }]
  })
  const rows = groupActions(table, creates)[0] ?? []
  const next = { seq: head.seq + rows.length, hash: hashes[rows.length - 1] ?? head.hash }
  const headRow: Row = { partitionKey, rowKey: headKey, v: schemaVersion, ...next }
  const first: Action = head.etag === null ? ['create', headRow] : ['update', headRow, 'Replace', { etag: head.etag }]
  return { actions: [first, ...rows], count: rows.length, write, head: next }
}

async function readHead(table: Table, partition: string): Promise<Head> {
  const row = await table.read(partition, headKey)
  if (!row) return { seq: 0, hash: firstPreviousHash, etag: null }
  return { seq: Number(row.seq), hash: String(row.hash), etag: row.etag }
}

/** Refused, and yet it is there: the answer to the first try was lost and the client tried again. */
async function hasLanded(table: Table, partition: string, seq: number, write: string): Promise<boolean> {
  const row = await table.read(partition, seqKey(seq))
  return row?.write === write
}

function seqKey(seq: number): string {
  return sortable(seq, seqDigits)
}

function fromRow(row: ReadRow): AuditRow {
  const text = readText(row, 'row') ?? '[]'
  const tuple: AuditTuple = JSON.parse(text)
  const [seq, previousHash, at, actor, action, runId, subject, before, after, outcome] = tuple
  return { seq, previousHash, hash: String(row.hash), at, actor, action, runId, subject, before, after, outcome }
}

/** What auditText writes. */
type AuditTuple = [number, string, string, string, string, string | null, string, unknown, unknown, string | null]
