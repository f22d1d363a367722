/** Holds an audit trail to its promise: an unbroken chain, and a row before every command that Exchange was given. */
import { createHash } from 'node:crypto'
import { auditText, firstPreviousHash, type AuditRow } from '../../functions/core/audit.ts'

/** Every row whose number, link or hash is not what the rows before it say; the hashes are computed anew. */
export function chainProblems(rows: readonly AuditRow[]): string[] {
  return rows.flatMap((row, index) => {
    const previousHash = rows[index - 1]?.hash ?? firstPreviousHash
    const hash = createHash('sha256')
      .update(auditText(index + 1, previousHash, row))
      .digest('hex')
    const isWhole = row.seq === index + 1 && row.previousHash === previousHash && row.hash === hash
    return isWhole ? [] : [`row ${row.seq} (${row.action} ${row.subject})`]
  })
}

/** The audit's row of a command: its `after`. */
export interface SentCommand {
  readonly id: string
  readonly kind: string
  readonly addAllowed?: readonly string[]
  readonly removeAllowed?: readonly string[]
  readonly addBlocked?: readonly string[]
  readonly removeBlocked?: readonly string[]
}

export function sentCommands(rows: readonly AuditRow[]): { subject: string; runId: string; command: SentCommand }[] {
  return rows
    .filter(({ action }) => action === 'commandSent')
    .map(({ subject, runId, after }) => ({ subject, runId: runId ?? '', command: after as SentCommand }))
}

/** Ids of commands that were sent and whose end no row tells. */
export function withoutEnd(rows: readonly AuditRow[]): string[] {
  const ended = new Set(
    rows
      .filter(({ action }) => action === 'commandEnded' || action === 'changeSettled')
      .map(({ runId, after }) => `${runId} ${idOf(after)}`),
  )
  return sentCommands(rows)
    .filter(({ runId, command }) => !ended.has(`${runId} ${command.id}`))
    .map(({ command }) => command.id)
}

function idOf(after: unknown): string {
  return (after as { readonly id: string }).id
}
