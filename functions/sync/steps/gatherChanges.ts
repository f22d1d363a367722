/** First step of a quick sync: what changed since the last one, read whole for each mailbox that it touches. Its cost follows the changes. */
import { groupsText, indexVersion, type Bookmarks } from '../../core/bookmarks.ts'
import { partitionOf } from '../../core/partition.ts'
import type { Run } from '../../core/run.ts'
import type { Ports } from '../../ports.ts'
import type { DirectoryChanges } from '../../portsDirectory.ts'
import type { Place, StagedKind } from '../../portsStore.ts'
import { dueMailboxes } from '../changes/due.ts'
import { ownersNow, type OwnersNow } from '../changes/ownersNow.ts'
import { boundOf, isKept } from '../boundDevices.ts'
import { readTouched, type ReadTouched, type TouchedMailbox } from '../changes/readTouched.ts'
import { touchedByDirectory, type TouchedByDirectory } from '../changes/touchedByDirectory.ts'
import { mailsWait } from '../mailsWait.ts'
import { basisOf, planFor } from '../planFor.ts'
import { stageKey, withAttempt } from '../readStaged.ts'
import { sawRelay } from '../sawRelay.ts'
import { stageWriter } from '../stageWriter.ts'
import type { Step, StepResult } from '../step.ts'

/** Beyond so many touched mailboxes, reading everything is cheaper. */
const mostTouched = 2_000
const everything: StepResult = { next: 'gatherConfiguration', patch: { mode: 'everything' } }

/*
 * bookmarks | groups of the policy | delta   | groups in groups | what is read
 * none      | any                  | -       | -                | everything, and the bookmarks are made
 * there     | other than then      | -       | -                | everything: nobody's membership is known
 * older     | any                  | -       | -                | everything: the index of places lacks something
 * there     | the same             | too old | -                | everything
 * there     | the same             | good    | changed          | everything
 * there     | the same             | good    | the same         | the touched mailboxes
 *
 * Another policy or configuration of Exchange than everything was decided by, or pins in the settings' list: everything stored is decided again (mode
 * stored).
 */
export const gatherChanges: Step = async (ports, run, attempt) => {
  const gatheredAt = ports.clock.now().toISOString()
  const bookmarks = (await ports.store.document(run.connectorId, 'bookmarks'))?.value
  if (bookmarks?.index !== indexVersion || bookmarks.groups !== groupsText(run.policy)) return everything
  const changes = await ports.directory.changes(bookmarks.directory, run.policy.settings.intunePlanIds)
  if (!changes || changes.members.some(({ isGroup }) => isGroup)) return everything

  const directory = await touchedByDirectory(ports, run, bookmarks, changes)
  const due = await dueMailboxes(ports, run, gatheredAt)
  const suspects = {
    mailboxes: changedMailboxes(directory, due, bookmarks),
    users: [...directory.users.values()].filter((user) => user !== null),
  }
  if (suspects.mailboxes.size + suspects.users.length > mostTouched) return everything
  const read = await ports.exchange.converse(run.connectorId, async (conversation) => {
    const found = await readTouched({ ports, run, conversation }, bookmarks, suspects)
    await sawRelay(ports, run.connectorId, conversation.relay, found.configuration, gatheredAt)
    return found
  })
  if (read.mailboxes.length > mostTouched) return everything
  const owners = await ownersNow(ports, run, read.mailboxes, directory)
  const patch = await stageTouched(ports, run, attempt, read, owners)
  const next = await decideNext(ports, { ...run, ...patch, gatheredAt }, { read, changes, directory, bookmarks })
  return { ...next, counts: { ...next.counts, 'found.due': due.length } }
}

/** When each changed: what is due at its time, of the directory's changes only that the reading before did not see them. The earlier holds. */
function changedMailboxes(
  { mailboxes }: TouchedByDirectory,
  due: readonly Place[],
  { readAt }: Bookmarks,
): Map<string, string> {
  const found = new Map([...mailboxes].map((guid) => [guid, readAt]))
  for (const { id, mailboxGuid } of due) {
    const before = found.get(mailboxGuid)
    if (before === undefined || id < before) found.set(mailboxGuid, id)
  }
  return found
}

interface Gathered {
  readonly read: ReadTouched
  readonly changes: DirectoryChanges
  readonly directory: TouchedByDirectory
  readonly bookmarks: Bookmarks
}

async function decideNext(
  ports: Ports,
  run: Run & { readonly gatheredAt: string },
  { read, changes, directory, bookmarks }: Gathered,
): Promise<StepResult> {
  const configuration = { ...read.configuration, deviceClasses: [] }
  const plan = await planFor(ports, { ...run, configuration })
  const decidedBy = basisOf(ports, { ...run, configuration }, plan)
  const hasList = run.policy.settings.pins.length > 0
  const isOther = decidedBy !== bookmarks.decidedBy || plan.changes.length > 0 || hasList
  const touched = [...new Set(read.mailboxes.map(({ mailbox }) => partitionOf(mailbox.guid)))].toSorted((a, b) => a - b)
  return {
    next: isOther || touched.length > 0 ? 'takeLease' : (await mailsWait(ports, run)) ? 'notify' : 'finish',
    counts: { 'found.touchedMailboxes': read.mailboxes.length },
    patch: {
      mode: isOther ? 'stored' : 'changes',
      gatheredAt: run.gatheredAt,
      attempts: run.attempts,
      configuration,
      directory: changes.bookmark,
      bookmarks: { ...bookmarks, looseAfter: directory.looseAfter },
      decidedBy,
      touched,
      groupSizes: directory.groupSizes,
    },
  }
}

/** Every row of each touched mailbox, as a full sync would stage them. */
async function stageTouched(
  { store }: Ports,
  run: Run,
  attempt: string,
  { mailboxes }: ReadTouched,
  { owners, devices }: OwnersNow,
): Promise<Pick<Run, 'attempts'>> {
  const kinds: readonly StagedKind[] = ['changedAt', 'mailboxes', 'records', 'users', 'devices']
  const rowsOf = (
    { mailbox, records, changedAt, stored }: TouchedMailbox,
    kind: StagedKind,
  ): { id: string; value: unknown }[] => {
    const own = owners.get(mailbox.guid) ?? []
    if (kind === 'changedAt') return [{ id: '', value: changedAt }]
    if (kind === 'mailboxes') return [{ id: '', value: mailbox }]
    if (kind === 'records') return records.map((value) => ({ id: value.guid, value }))
    if (kind === 'users') return own.map((value) => ({ id: value.user.id, value }))
    const bound = boundOf(stored)
    return own
      .flatMap(({ user }) => devices.get(user.id) ?? [])
      .filter((device) => isKept(device, bound))
      .map((value) => ({ id: value.id, value }))
  }
  let attempts: Pick<Run, 'attempts'> = { attempts: run.attempts }
  if (mailboxes.length === 0) return attempts
  for (const kind of kinds) {
    const writer = stageWriter(store, stageKey(run, kind, attempt))
    for (const one of mailboxes)
      for (const { id, value } of rowsOf(one, kind)) await writer.add(one.mailbox.guid, id, value)
    await writer.end()
    attempts = withAttempt({ ...run, ...attempts }, kind, attempt)
  }
  return attempts
}
