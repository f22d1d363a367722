/** First step of a clean-up: which partnerships are stale. Asks only the mailboxes of records that may be, some at a time; changes nothing. */
import { partitionCount } from '../../core/partition.ts'
import type { Run } from '../../core/run.ts'
import { mayBeStale, staleRefusal, staleVerdict, withFound, withLeft } from '../../core/stale.ts'
import type { LastSync, StaleRecord, StaleReport } from '../../core/stale.ts'
import { lastSyncOf } from '../../core/stale.ts'
import { resolveOwner } from '../../core/resolveOwner.ts'
import type { EasRecord } from '../../core/types.ts'
import { AppError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import type { StoredRow } from '../../portsStore.ts'
import { deadline } from '../deadline.ts'
import { endStale } from '../endStale.ts'
import { isWipeClaimed, staleFacts } from '../staleFacts.ts'
import { storedMailboxes, type StoredMailbox } from '../storedMailboxes.ts'
import type { Step } from '../step.ts'

/** Asked in one conversation; each may take Exchange seconds. */
const mailboxesPerBatch = 20

/** Cursor: the partition, and the mailbox of it that was looked at last, as `7|guid`. */
export const findStale: Step = async (ports, run) => {
  const isOver = deadline(ports.clock)
  let report = reportOf(run)
  const [first = '0', last = ''] = (run.cursor ?? '').split('|')
  let after = last
  for (let partition = Number(first); partition < partitionCount; partition += 1, after = '') {
    const rows = await ports.store.rows(run.connectorId, partition)
    const known = knownIn(rows)
    const isAsked = (mailbox: StoredMailbox) => candidatesOf(mailbox, known, report.cutoff).length > 0
    for (const mailboxes of slices(mailboxesAfter(rows, after), isAsked)) {
      if (isOver()) return { next: 'findStale', cursor: `${partition}|${after}`, patch: { stale: report } }
      report = await lookAt(ports, run, { partition, mailboxes, known }, report)
      after = mailboxes.at(-1)?.guid ?? after
    }
  }
  return found(ports, run, report)
}

export function reportOf({ id, stale }: Run): StaleReport {
  if (stale) return stale
  throw new AppError('internal', `run ${id} has no report of stale partnerships`)
}

/** Last syncs that were read earlier, by record Guid. */
type Known = ReadonlyMap<string, string>

function knownIn(rows: readonly StoredRow[]): Known {
  const found = rows.flatMap(({ kind, id, data }): [string, string][] =>
    kind === 'lastSync' ? [[id, (JSON.parse(data) as { readonly at: string }).at]] : [],
  )
  return new Map(found)
}

function mailboxesAfter(rows: readonly StoredRow[], after: string): StoredMailbox[] {
  const later = storedMailboxes(rows).filter(({ guid }) => guid > after)
  return later.toSorted((a, b) => (a.guid < b.guid ? -1 : 1))
}

/** In order, cut after every so many that are asked. */
function slices(mailboxes: readonly StoredMailbox[], isAsked: (mailbox: StoredMailbox) => boolean): StoredMailbox[][] {
  const found: StoredMailbox[][] = []
  let asked = mailboxesPerBatch
  for (const mailbox of mailboxes) {
    if (asked >= mailboxesPerBatch) {
      found.push([])
      asked = 0
    }
    found.at(-1)?.push(mailbox)
    if (isAsked(mailbox)) asked += 1
  }
  return found
}

/** A mailbox that Exchange did not list cannot be asked. */
function candidatesOf({ mailbox, records }: StoredMailbox, known: Known, cutoff: string): EasRecord[] {
  if (!mailbox) return []
  return records.flatMap(({ record }) => (mayBeStale(record, known.get(record.guid) ?? null, cutoff) ? [record] : []))
}

interface Slice {
  readonly partition: number
  readonly mailboxes: readonly StoredMailbox[]
  readonly known: Known
}

/** What is found is written before the report that counts it is saved: a repeat writes the same again. */
async function lookAt(ports: Ports, run: Run, { partition, mailboxes, known }: Slice, before: StaleReport) {
  const { connectorId, id } = run
  const asked = mailboxes.filter((mailbox) => candidatesOf(mailbox, known, before.cutoff).length > 0)
  const said = asked.length === 0 ? new Map<string, readonly LastSync[]>() : await ask(ports, run, asked)
  const records = mailboxes.reduce((sum, mailbox) => sum + mailbox.records.length, 0)
  let report: StaleReport = { ...before, records: before.records + records }
  const stale: StaleRecord[] = []
  for (const mailbox of asked) {
    for (const record of candidatesOf(mailbox, known, before.cutoff)) {
      const verdict = await judge(ports, run, mailbox, record, said.get(mailbox.guid) ?? null)
      if (typeof verdict === 'string') report = withLeft(report, verdict)
      else stale.push(toStale(mailbox, record, verdict.lastSync))
    }
  }
  const changes = stale.map((change) => ({ key: staleKey(partition, change), change }))
  if (changes.length > 0) await ports.store.putChanges(connectorId, id, changes)
  const synced = asked.flatMap((mailbox) => syncedRows(mailbox, said.get(mailbox.guid) ?? [], before.cutoff))
  if (synced.length > 0) await ports.store.writeRows(connectorId, partition, synced, [])
  return withFound(report, stale)
}

function ask({ exchange }: Ports, { connectorId }: Run, mailboxes: readonly StoredMailbox[]) {
  return exchange.converse(connectorId, (conversation) => conversation.lastSyncs(mailboxes.map(({ guid }) => guid)))
}

async function judge(
  ports: Ports,
  run: Run,
  mailbox: StoredMailbox,
  record: EasRecord,
  said: readonly LastSync[] | null,
) {
  const lists = { allowed: mailbox.mailbox?.allowed ?? [], blocked: mailbox.mailbox?.blocked ?? [] }
  const { pins: listedPins } = run.policy.settings
  const context = { lists, readAtMs: mailbox.facts.readAtMs, listedPins, nowMs: ports.clock.now().getTime() }
  const facts = { ...staleFacts(record, mailbox, context), said, isWipeClaimed: false }
  const verdict = staleVerdict(record, facts, reportOf(run).cutoff)
  if (typeof verdict === 'string') return verdict
  // Asked for the few that are stale alone
  return (await isWipeClaimed(ports, run.connectorId, record.guid)) ? 'wipePending' : verdict
}

/** Only what is worth remembering: until it can be stale it is not asked for again. */
function syncedRows({ guid, records }: StoredMailbox, said: readonly LastSync[], cutoff: string): StoredRow[] {
  return records.flatMap(({ record }): StoredRow[] => {
    const at = lastSyncOf(record, said)?.lastSync ?? null
    if (at === null || at < cutoff) return []
    return [{ mailboxGuid: guid, kind: 'lastSync', id: record.guid, data: JSON.stringify({ at }), decision: null }]
  })
}

function toStale(mailbox: StoredMailbox, record: EasRecord, lastSync: string): StaleRecord {
  return {
    kind: 'stale',
    mailboxGuid: mailbox.guid,
    record: record.guid,
    deviceId: record.deviceId,
    type: record.deviceType,
    model: record.deviceModel,
    user: resolveOwner(mailbox.facts.candidates)?.user.id ?? null,
    lastSync,
  }
}

function staleKey(partition: number, { mailboxGuid, record }: StaleRecord): string {
  return `${String(partition).padStart(4, '0')}|${mailboxGuid}|${record}`
}

/** A preview is done; a scheduled clean-up goes on, unless its own limit refuses. */
async function found(ports: Ports, run: Run, report: StaleReport) {
  const { limits } = report
  const refusal = limits && staleRefusal(report.found, report.records, limits)
  const stale = { ...report, isWhole: true, refusal }
  if (refusal !== null) ports.log.warn('staleRefused', { connectorId: run.connectorId, runId: run.id, refusal })
  if (limits && refusal === null && report.found > 0) return { next: 'removeStale', patch: { stale } } as const
  return endStale(ports, run, { patch: { stale } })
}
