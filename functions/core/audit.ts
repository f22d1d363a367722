/** The audit's words and the text that its hash chain is made of. Pure: the hash itself is computed by the store. */

export interface AuditEntry {
  /** ISO-8601 UTC. */
  readonly at: string
  /** Who or what asked: `timer`, `run <id>`, or a person's id. */
  readonly actor: string
  /** What happened: `commandSent`, `commandEnded`, `changeSettled`, `policyChanged`, `relayApproved`, `planApproved` … */
  readonly action: string
  readonly runId: string | null
  /** The thing it happened to: a mailbox or rule Guid, a connector, a relay's fingerprint. */
  readonly subject: string
  readonly before: unknown
  readonly after: unknown
  /** `sent`, `done`, `verified`, `failed: …`, or null where there is none. */
  readonly outcome: string | null
}

export interface AuditRow extends AuditEntry {
  /** From 1, without gaps, per connector. */
  readonly seq: number
  /** Hash of the row before; 64 zeros for the first. */
  readonly previousHash: string
  /** SHA-256 (hex) of auditText of this row. */
  readonly hash: string
}

/** The head of a connector's chain on a day, kept where it can be neither changed nor deleted: whoever can write the tables cannot make another history. */
export interface AuditAnchor {
  /** Version of this form. */
  readonly easgateAnchor: 1
  readonly connectorId: string
  /** Of the last row. */
  readonly seq: number
  readonly hash: string
  /** ISO-8601 UTC. */
  readonly at: string
}

export const firstPreviousHash = '0'.repeat(64)

/** The text whose SHA-256 is a row's hash: every field in a fixed order, so that any change of any row breaks the chain after it. */
export function auditText(seq: number, previousHash: string, entry: AuditEntry): string {
  const { at, actor, action, runId, subject, before, after, outcome } = entry
  return JSON.stringify([seq, previousHash, at, actor, action, runId, subject, before ?? null, after ?? null, outcome])
}
