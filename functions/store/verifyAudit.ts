/** Checks a connector's audit chain: what was changed, left out or put in shows from the first row that it touched. Pure but for the hash. */
import { createHash } from 'node:crypto'
import { auditText, firstPreviousHash, type AuditRow } from '../core/audit.ts'

/**
 * gap: a number is missing or out of order. brokenLink: previousHash is not the hash of the row before. changedRow: the row is not the one that was
 * hashed.
 */
interface AuditFault {
  readonly seq: number
  readonly problem: 'gap' | 'brokenLink' | 'changedRow'
}

/**
 * The first fault in rows that follow each other, or null. Rows that start later than 1 are checked from there on. Rows cut off at the end do not show
 * here: compare the last number with an export made before.
 */
export function verifyAuditChain(
  rows: readonly AuditRow[],
  hash: (text: string) => string = sha256,
): AuditFault | null {
  let before: AuditRow | null = null
  for (const row of rows) {
    const problem = auditFault(row, before, hash)
    if (problem) return { seq: row.seq, problem }
    before = row
  }
  return null
}

/** What is wrong with a row that follows `before` (null: the first one that is looked at), or null. */
export function auditFault(
  row: AuditRow,
  before: AuditRow | null,
  hash: (text: string) => string = sha256,
): AuditFault['problem'] | null {
  if (before && row.seq !== before.seq + 1) return 'gap'
  const isLinked = before ? row.previousHash === before.hash : row.seq > 1 || row.previousHash === firstPreviousHash
  if (!isLinked) return 'brokenLink'
  return hash(auditText(row.seq, row.previousHash, row)) === row.hash ? null : 'changedRow'
}

/** SHA-256 as 64 hex digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
