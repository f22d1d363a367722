/** Audit rows of commands: one before a batch is sent, one when its outcome is known. */
import type { AuditEntry } from '../core/audit.ts'
import type { EntryEdit, Outcome } from '../core/plan.ts'
import type { ChangeCommand, CommandOutcome } from '../ports.ts'
import type { Applying } from './applying.ts'

interface Sent {
  readonly command: ChangeCommand
  /** Guid of the mailbox or rule, or the connector for the organization's settings. */
  readonly subject: string
  /** For a list change: what the plan saw and wants. */
  readonly edits?: readonly EntryEdit[]
  readonly before?: unknown
}

export async function auditSent(applying: Applying, sent: readonly Sent[]): Promise<void> {
  const entries = sent.map(({ command, subject, edits, before }) => ({
    ...base(applying, 'commandSent', subject),
    before: edits
      ? edits.map(({ deviceId, before: membership, record }) => ({ deviceId, membership, record }))
      : (before ?? null),
    after: { ...command, reasons: edits?.map(({ access, reason }) => ({ access, reason })) ?? [] },
    outcome: 'sent',
  }))
  await applying.ports.store.appendAudit(applying.run.connectorId, entries)
}

export async function auditEnded(
  applying: Applying,
  ended: readonly { readonly subject: string; readonly command: ChangeCommand; readonly result: CommandOutcome }[],
): Promise<void> {
  if (ended.length === 0) return
  const entries = ended.map(({ subject, command, result }) => ({
    ...base(applying, 'commandEnded', subject),
    before: null,
    after: { id: command.id, warnings: result.warnings },
    outcome: textOf(result),
  }))
  await applying.ports.store.appendAudit(applying.run.connectorId, entries)
}

/** A change that got its outcome without a command of this message: its command may have been sent by one that died. */
export async function auditSettled(
  applying: Pick<Applying, 'ports' | 'run'>,
  settled: readonly { readonly id: string; readonly subject: string; readonly outcome: Outcome }[],
): Promise<void> {
  if (settled.length === 0) return
  const entries = settled.map(({ id, subject, outcome }) => ({
    ...base(applying, 'changeSettled', subject),
    before: null,
    after: { id, message: outcome.message },
    outcome: outcome.state,
  }))
  await applying.ports.store.appendAudit(applying.run.connectorId, entries)
}

function textOf({ failure }: CommandOutcome): string {
  if (!failure) return 'done'
  return failure.ran === 'unknown' ? `unknown: ${failure.category}` : `failed: ${failure.category}: ${failure.message}`
}

function base(
  { ports, run }: Pick<Applying, 'ports' | 'run'>,
  action: string,
  subject: string,
): Pick<AuditEntry, 'at' | 'actor' | 'action' | 'runId' | 'subject'> {
  return { at: ports.clock.now().toISOString(), actor: `run ${run.id}`, action, runId: run.id, subject }
}
