/** A chunk of mailbox changes: read the lists again, record what will be ours, send, record what became of it. */
import type { Adoption, ListChange, Outcome } from '../core/plan.ts'
import { add } from '../core/tally.ts'
import type { ChangeCommand, CommandOutcome } from '../ports.ts'
import type { StoredChange, StoredRow } from '../portsStore.ts'
import type { Applying } from './applying.ts'
import { auditEnded, auditSent, auditSettled } from './auditCommands.ts'
import { editLists, type ListEdits } from './editLists.ts'
import { entryRow } from './entryRow.ts'
import { isTransient } from './isTransient.ts'
import { claimEntries, goneEntries, writeByPartition } from './ownEntries.ts'

interface Prepared {
  readonly key: string
  readonly change: ListChange
  readonly edits: ListEdits
  readonly command: ChangeCommand
}

/** Everything before sending. Changes that need no command get their outcome here. null: nothing is left to send. */
export async function prepareLists(
  applying: Applying,
  open: readonly StoredChange[],
): Promise<readonly Prepared[] | null> {
  await adopt(applying, open)
  const changes = open.flatMap(({ key, change }) => (change.kind === 'lists' ? [{ key, change }] : []))
  if (changes.length === 0) return null
  const lists = await applying.conversation.lists(changes.map(({ change }) => change.mailboxGuid))
  const settled = new Map<string, Outcome>()
  const prepared: Prepared[] = []
  const gone: StoredRow[] = []
  for (const { key, change } of changes) {
    const now = lists.get(change.mailboxGuid)
    const sure = applying.keepsBlocks ? withoutReleases(change) : change
    const edits = now && editLists(sure, now)
    if (!edits) settled.set(key, outcome(applying, 'gone', 'the mailbox is not there any more'))
    else if (sure.edits.length === 0) settled.set(key, outcome(applying, 'waits', looseText))
    else if (edits.toDo.length === 0) settled.set(key, withoutCommand(applying, edits))
    else
      prepared.push({
        key,
        change,
        edits,
        command: { id: key, kind: 'lists', mailboxGuid: change.mailboxGuid, ...edits.command },
      })
    if (edits) gone.push(...goneEntries(applying, change.mailboxGuid, edits.verified))
  }
  await writeByPartition(applying.ports, applying.run.connectorId, gone)
  await auditSettled(applying, subjectsOf(changes, settled))
  await settle(applying, settled)
  await claimEntries(applying, prepared)
  return prepared.length === 0 ? null : prepared
}

/** Sends one batch and records each outcome; what has none is left for the next message, which reads the lists again. */
export async function runLists(applying: Applying, prepared: readonly Prepared[]): Promise<void> {
  const { ports, run, conversation, tally } = applying
  await auditSent(
    applying,
    prepared.map(({ command, change }) => ({ command, subject: change.mailboxGuid, edits: change.edits })),
  )
  const byId = new Map(prepared.map((one) => [one.command.id, one]))
  const arrived: { one: Prepared; result: CommandOutcome }[] = []
  try {
    const batchId = `${run.id}.${ports.newId()}`
    for await (const result of conversation.change(
      batchId,
      prepared.map(({ command }) => command),
    )) {
      const one = byId.get(result.id)
      if (one) arrived.push({ one, result })
    }
  } finally {
    add(tally, 'commands', arrived.filter(({ result }) => result.failure?.ran !== 'no').length)
    await record(applying, arrived)
  }
}

async function record(
  applying: Applying,
  arrived: readonly { one: Prepared; result: CommandOutcome }[],
): Promise<void> {
  const settled = new Map<string, Outcome>()
  const gone: StoredRow[] = []
  for (const { one, result } of arrived) {
    const { failure } = result
    // Not run, or nobody knows: no outcome yet. The next message reads the list and knows.
    if (failure && (failure.ran === 'unknown' || isTransient(failure.category))) continue
    settled.set(
      one.key,
      failure
        ? outcome(applying, 'failed', `${failure.category}: ${failure.message}`)
        : outcome(applying, 'done', droppedText(one.edits)),
    )
    if (!failure) gone.push(...goneEntries(applying, one.change.mailboxGuid, one.edits.toDo))
  }
  await writeByPartition(applying.ports, applying.run.connectorId, gone)
  await auditEnded(
    applying,
    arrived.map(({ one, result }) => ({ subject: one.change.mailboxGuid, command: one.command, result })),
  )
  await settle(applying, settled)
}

const looseText = 'the block stays until Exchange’s default or a rule keeps the phone out instead'

/** Off the Blocked list and held by the default or a rule: not while those would let it in. */
function withoutReleases(change: ListChange): ListChange {
  const isRelease = ({ before, after, access }: ListChange['edits'][number]) =>
    access === 'quarantine' && after === 'neither' && (before === 'blocked' || before === 'both')
  return { ...change, edits: change.edits.filter((edit) => !isRelease(edit)) }
}

async function settle({ ports, run, tally, settled }: Applying, outcomes: ReadonlyMap<string, Outcome>): Promise<void> {
  if (outcomes.size === 0) return
  await ports.store.saveOutcomes(run.connectorId, run.id, outcomes)
  for (const { state } of outcomes.values()) {
    add(tally, `outcome.${state}`)
    settled()
  }
}

/** Entries that were there before easgate become its own: no command, only rows and an audit entry. */
async function adopt(applying: Applying, open: readonly StoredChange[]): Promise<void> {
  const { ports, run } = applying
  const adoptions = open.flatMap(({ key, change }) => (change.kind === 'adopt' ? [{ key, change }] : []))
  if (adoptions.length === 0) return
  const at = ports.clock.now().toISOString()
  const rows = adoptions.flatMap(({ change }: { change: Adoption }) =>
    change.entries.map((entry) => entryRow(change.mailboxGuid, { ...entry, runId: run.id, since: at })),
  )
  await writeByPartition(ports, run.connectorId, rows)
  const entries = adoptions.map(({ change }) => ({
    at,
    actor: `run ${run.id}`,
    action: 'entriesAdopted',
    runId: run.id,
    subject: change.mailboxGuid,
    before: null,
    after: change.entries,
    outcome: 'done',
  }))
  await ports.store.appendAudit(run.connectorId, entries)
  await settle(applying, new Map(adoptions.map(({ key }) => [key, outcome(applying, 'done', null)])))
}

function subjectsOf(
  changes: readonly { readonly key: string; readonly change: ListChange }[],
  settled: ReadonlyMap<string, Outcome>,
) {
  return changes.flatMap(({ key, change }) => {
    const found = settled.get(key)
    return found ? [{ id: key, subject: change.mailboxGuid, outcome: found }] : []
  })
}

function withoutCommand(applying: Applying, edits: ListEdits): Outcome {
  return edits.dropped.length === 0
    ? outcome(applying, 'verified', null)
    : outcome(applying, 'changedSinceRead', droppedText(edits))
}

function droppedText({ dropped }: ListEdits): string | null {
  return dropped.length === 0
    ? null
    : `${dropped.length} entries changed after the plan was made; decided anew at the next sync`
}

function outcome({ ports }: Applying, state: Outcome['state'], message: string | null): Outcome {
  return { state, at: ports.clock.now().toISOString(), message }
}
