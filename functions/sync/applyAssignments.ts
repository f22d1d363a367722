/** Mailbox policies given and given back: read what each mailbox has, record, send, record what became of it. */
import type { OwnConfiguration } from '../core/ownConfiguration.ts'
import type { Outcome, PolicyAssignment } from '../core/plan.ts'
import { isPolicy, type OwnAssignment } from '../core/planAssignment.ts'
import { add } from '../core/tally.ts'
import type { ChangeCommand, CommandOutcome } from '../ports.ts'
import type { StoredChange } from '../portsStore.ts'
import type { Applying } from './applying.ts'
import { auditEnded, auditSent, auditSettled } from './auditCommands.ts'
import { isTransient } from './isTransient.ts'
import { writeAssignments } from './ownAssignments.ts'
import { readOwnConfiguration } from './ownConfiguration.ts'

interface Planned {
  readonly key: string
  readonly change: PolicyAssignment
}

type End = readonly [Outcome['state'], string | null]

interface Prepared extends Planned {
  readonly command: ChangeCommand
}

export async function applyAssignments(applying: Applying, open: readonly StoredChange[]): Promise<void> {
  const planned = open.flatMap(({ key, change }) => (change.kind === 'assignment' ? [{ key, change }] : []))
  if (planned.length === 0) return
  const own = await readOwnConfiguration(applying.ports, applying.run.connectorId)
  const now = await applying.conversation.policiesOf(planned.map(({ change }) => change.mailboxGuid))
  const settled: (Planned & { readonly outcome: Outcome })[] = []
  const prepared: Prepared[] = []
  for (const one of planned) {
    const { change, key } = one
    const policy = identityOf(change, own)
    const end = compare(change, now.get(change.mailboxGuid), policy)
    if (end) settled.push({ ...one, outcome: outcome(applying, ...end) })
    else prepared.push({ ...one, command: assignPolicy(key, change, policy ?? null) })
  }
  await settleUnsent(applying, settled)
  if (prepared.length > 0) await send(applying, prepared)
}

/** undefined: the policy that it is to get was not made by easgate; one of its name is somebody else's. */
function identityOf(
  { after, own }: PolicyAssignment,
  { mailboxPolicies }: OwnConfiguration,
): string | null | undefined {
  if (after === null) return null
  if (after.guid !== null) return after.guid
  const made = mailboxPolicies.find(({ name }) => name.toLowerCase() === after.name.toLowerCase())
  if (made) return made.guid ?? undefined
  return own ? undefined : after.name
}

/*
 * has now               | what is done
 * gone, or does not say | gone
 * what it is to get     | verified: nothing is sent
 * what the plan saw     | sent; changedSinceRead where the policy was not made
 * anything else         | changedSinceRead
 */
function compare(
  { before, after }: PolicyAssignment,
  now: string | null | undefined,
  policy: string | null | undefined,
): End | null {
  if (now === undefined) return ['gone', 'the mailbox is not there any more, or does not say which policy it has']
  if (isPolicy(now, after)) return ['verified', null]
  if ((now ?? '').toLowerCase() !== (before ?? '').toLowerCase())
    return ['changedSinceRead', 'it was given another policy after the plan was made; decided anew at the next sync']
  if (policy === undefined) return ['changedSinceRead', 'the policy was not made; decided anew at the next sync']
  return null
}

function assignPolicy(id: string, { mailboxGuid }: PolicyAssignment, policy: string | null): ChangeCommand {
  return { id, kind: 'assignPolicy', mailboxGuid, policy }
}

/** A message that died may have sent it: what was given back is off the record. */
async function settleUnsent(
  applying: Applying,
  settled: readonly (Planned & { readonly outcome: Outcome })[],
): Promise<void> {
  const { ports, run } = applying
  const gone = settled.filter(({ change, outcome: { state } }) => change.own === null && state === 'verified')
  await writeAssignments(ports.store, run.connectorId, new Map(gone.map(({ change }) => [change.mailboxGuid, null])))
  const ends = settled.map(({ key, change, outcome: end }) => ({ id: key, subject: change.mailboxGuid, outcome: end }))
  await auditSettled(applying, ends)
  await settle(applying, new Map(settled.map(({ key, outcome: end }) => [key, end])))
}

/** One batch; what has no outcome afterwards is read again by the next message. */
async function send(applying: Applying, prepared: readonly Prepared[]): Promise<void> {
  const { ports, run, conversation, tally } = applying
  const claimed = await claim(applying, prepared)
  const sent = prepared.map(({ command, change }) => ({
    command,
    subject: change.mailboxGuid,
    before: { policy: change.before },
  }))
  await auditSent(applying, sent)
  const byId = new Map(prepared.map((one) => [one.key, one]))
  const arrived: { readonly one: Prepared; readonly result: CommandOutcome }[] = []
  try {
    const commands = prepared.map(({ command }) => command)
    for await (const result of conversation.change(`${run.id}.${ports.newId()}`, commands)) {
      const one = byId.get(result.id)
      if (one) arrived.push({ one, result })
    }
  } finally {
    add(tally, 'commands', arrived.filter(({ result }) => result.failure?.ran !== 'no').length)
    await record(applying, arrived, claimed)
  }
}

/** On record before it is sent: whatever dies then, what stood there before is known. */
async function claim(
  { ports, run }: Applying,
  prepared: readonly Prepared[],
): Promise<ReadonlyMap<string, OwnAssignment>> {
  const since = ports.clock.now().toISOString()
  const claimed = prepared.flatMap(({ change: { mailboxGuid, own, mends } }): [string, OwnAssignment][] => {
    if (!own) return []
    const mended = [...(own.mended ?? []), ...(mends ? [since] : [])]
    const { policy, before } = own
    return [[mailboxGuid, { policy, before, runId: run.id, since, ...(mended.length > 0 ? { mended } : {}) }]]
  })
  const pending = claimed.map(([guid, own]) => [guid, { ...own, isPending: true }] as const)
  await writeAssignments(ports.store, run.connectorId, new Map(pending))
  return new Map(claimed)
}

/*
 * outcome                    | on record
 * done, given                | stays
 * done, given back           | goes
 * certainly not done         | as it was
 * nobody knows, or try again | stays: the next message reads what the mailbox has
 */
async function record(
  applying: Applying,
  arrived: readonly { readonly one: Prepared; readonly result: CommandOutcome }[],
  claimed: ReadonlyMap<string, OwnAssignment>,
): Promise<void> {
  const { ports, run } = applying
  const outcomes = new Map<string, Outcome>()
  const rows = new Map<string, OwnAssignment | null>()
  for (const { one, result } of arrived) {
    const { key, change } = one
    const { failure } = result
    if (failure && (failure.ran === 'unknown' || isTransient(failure.category))) continue
    const end: End = failure ? ['failed', `${failure.category}: ${failure.message}`] : ['done', null]
    outcomes.set(key, outcome(applying, ...end))
    rows.set(change.mailboxGuid, failure ? change.recorded : (claimed.get(change.mailboxGuid) ?? null))
  }
  await writeAssignments(ports.store, run.connectorId, rows)
  await auditEnded(
    applying,
    arrived.map(({ one, result }) => ({ subject: one.change.mailboxGuid, command: one.command, result })),
  )
  await settle(applying, outcomes)
}

async function settle({ ports, run, tally, settled }: Applying, outcomes: ReadonlyMap<string, Outcome>): Promise<void> {
  if (outcomes.size === 0) return
  await ports.store.saveOutcomes(run.connectorId, run.id, outcomes)
  for (const { state } of outcomes.values()) {
    add(tally, `outcome.${state}`)
    settled()
  }
}

function outcome({ ports }: Applying, state: Outcome['state'], message: string | null): Outcome {
  return { state, at: ports.clock.now().toISOString(), message }
}
