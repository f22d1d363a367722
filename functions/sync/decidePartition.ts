/** Decides one partition: merge, then mailbox by mailbox through the core, then write what differs. Repeatable. */
import type { DecisionContext } from '../core/decisionContext.ts'
import { decideMailbox, type MailboxVerdict } from '../core/decideMailbox.ts'
import { syncDaysOf } from '../core/extraRules.ts'
import { deviceKey } from '../core/deviceKey.ts'
import { changeKey, noticesOf, type ListChange, type PlannedChange } from '../core/plan.ts'
import type { Run } from '../core/run.ts'
import { tallyMailbox, type Tally } from '../core/tally.ts'
import type { Ports } from '../ports.ts'
import type { Place, RowKey, RowKind, StoredRow } from '../portsStore.ts'
import { assignmentKey } from './ownAssignments.ts'
import { placesOf } from './changes/devicePlace.ts'
import { dueOf } from './changes/due.ts'
import { entryKey } from './entryRow.ts'
import { withListedPins } from './listedPins.ts'
import type { LoadedPartition } from './loadPartition.ts'
import { factsOf, mailboxRows, type MailboxRows } from './mailboxRows.ts'
import { mergePartition, type Merged } from './mergePartition.ts'
import { planNotices } from './planNotices.ts'

export async function decidePartition(
  ports: Ports,
  run: Run,
  partition: number,
  loaded: LoadedPartition,
  context: DecisionContext,
  tally: Tally,
): Promise<void> {
  const { store } = ports
  const merged = withListedPins(mergePartition(loaded, run), run.policy.settings.pins, context.nowMs)
  const written = new Map(merged.upserts.map((row) => [row, row]))
  const deletes: RowKey[] = [...merged.deletes]
  const changes: { key: string; change: PlannedChange }[] = []
  const due: Place[] = []
  const verdicts = merged.mailboxes.map((mailbox) => {
    const rows = mailboxRows(mailbox)
    const facts = factsOf(rows, mailbox.readAtMs)
    const verdict = decideMailbox(facts, context, run)
    tallyMailbox(tally, facts, verdict)
    return { rows, verdict }
  })
  const { decided, notices, due: waits } = await planNotices(ports, run, verdicts, tally)
  due.push(...waits)
  for (const { rows, verdict } of decided) {
    keepDecisions(rows, verdict, written)
    verdict.facts.forEach((known, index) => due.push(...dueOf(rows.guid, known, verdict.decisions[index], context)))
    for (const entry of verdict.obsolete) deletes.push(entryKey(rows.guid, entry))
    if (verdict.assignment.isObsolete) deletes.push(assignmentKey(rows.guid))
    for (const planned of verdict.changes) {
      const change = planned.kind === 'lists' ? measured(planned, verdict, loaded.changedAt.get(rows.guid)) : planned
      changes.push({ key: changeKey(change, partition, 0), change })
    }
  }
  const places = placeChanges(merged, run)
  if (notices.length > 0) await store.putChanges(run.connectorId, noticesOf(run.id), notices)
  if (changes.length > 0) await store.putChanges(run.connectorId, run.id, changes)
  // Places first: one too many leads nowhere, one too few hides a change until the next full sync
  const upserts = [...places.upserts, ...distinct(due)]
  if (upserts.length > 0) await store.writePlaces(run.connectorId, upserts, [])
  await store.writeRows(run.connectorId, partition, [...written.values()], deletes)
  if (places.deletes.length > 0) await store.writePlaces(run.connectorId, [], places.deletes)
}

/** What is counted when it is carried out. */
function measured(change: ListChange, { facts, effects }: MailboxVerdict, changedAt: string | undefined): ListChange {
  const edited = new Set(change.phase === 4 ? change.edits.map(({ deviceId }) => deviceKey(deviceId)) : [])
  const losing = effects.filter(({ now, after }, index) => {
    return now === 'allow' && after !== 'allow' && edited.has(deviceKey(facts[index]?.record.deviceId ?? ''))
  })
  return {
    ...change,
    ...(changedAt === undefined ? {} : { changedAt }),
    ...(losing.length === 0 ? {} : { losing: losing.length }),
  }
}

/*
 * run                                                | places that are written
 * reads everything, no bookmarks                     | all: nobody has relied on the index yet
 * reads changes, an extra rule counts days of silence | all of the touched mailboxes: theirs may be from before that rule
 * any other                                          | those that differ, as the rows do
 */
function placeChanges({ mailboxes, upserts, deletes }: Merged, run: Run) {
  const countsDays = syncDaysOf(run.policy.settings.extraRules).length > 0
  const isFirst = run.mode === 'everything' && run.bookmarks === null
  const isWhole = isFirst || (run.mode === 'changes' && countsDays)
  const isIndexed = ({ kind }: RowKey) => indexed.has(kind)
  const changed = new Set([...upserts, ...deletes].filter(isIndexed).map(({ mailboxGuid }) => mailboxGuid))
  const found: { upserts: Place[]; deletes: Place[] } = { upserts: [], deletes: [] }
  for (const { guid, before, rows } of mailboxes) {
    if (!isWhole && !changed.has(guid)) continue
    const [old, now] = [placesOf(before, run.policy), placesOf(rows, run.policy)]
    for (const [key, place] of now) if (isWhole || old.get(key)?.data !== place.data) found.upserts.push(place)
    for (const [key, place] of old) if (!now.has(key)) found.deletes.push(place)
  }
  return found
}

const indexed: ReadonlySet<RowKind> = new Set(['user', 'device', 'record', 'pin', 'activation'])

function distinct(due: readonly Place[]): Place[] {
  return [...new Map(due.map((place) => [`${place.id}|${place.mailboxGuid}`, place])).values()]
}

/** A record's row is written when its data or its decision differs. */
function keepDecisions(
  { recordRows }: MailboxRows,
  { decisions }: MailboxVerdict,
  written: Map<StoredRow, StoredRow>,
): void {
  recordRows.forEach((row, index) => {
    const decision = JSON.stringify(decisions[index])
    if (decision !== row.decision) written.set(row, { ...row, decision })
  })
}
