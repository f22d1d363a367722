/** Ends one stale partnership, if it still is one: everything that spoke for it is read again first. */
import { deviceKey } from '../core/deviceKey.ts'
import type { Outcome } from '../core/plan.ts'
import type { Run } from '../core/run.ts'
import { staleVerdict, type StaleRecord } from '../core/stale.ts'
import type { EasRecord } from '../core/types.ts'
import { AppError } from '../errors.ts'
import type { Conversation, Ports } from '../ports.ts'
import { defaultPolicy, withDefaults } from '../core/settings.ts'
import { removePartnership } from './deviceActions.ts'
import { isWipeClaimed, staleFacts } from './staleFacts.ts'
import { storedMailbox } from './storedMailboxes.ts'
import { reportOf } from './steps/findStale.ts'
import { takeOffLists } from './takeOffLists.ts'

/*
 * Exchange says now                         | outcome
 * its mailbox is gone                       | gone
 * the record is gone                        | gone, audited; its id is taken off the lists: a removal may have been cut in between. Not where somebody else
 *                                           |   blocked it: then they removed it, and the phone must stay out
 * the record is not stale any more          | changedSinceRead: left
 * it is, and the removal is done            | done; its id is taken off the lists
 * it is, and the removal fails              | failed
 * it is, and nobody knows                   | thrown: asked again, which finds one of these
 * Where another record of the mailbox has the same id, the lists are left: they speak of that one, too.
 */
/** Throws AppError conflict where the relay does not allow it, relayLost, exchangeFailed. */
export async function removeStaleRecord(
  ports: Ports,
  conversation: Conversation,
  run: Run,
  { mailboxGuid, record: guid, deviceId }: StaleRecord,
): Promise<Outcome> {
  const { connectorId } = run
  const end = (state: Outcome['state'], message: string | null = null): Outcome => {
    return { state, at: ports.clock.now().toISOString(), message }
  }
  const records = (await conversation.recordsOf([mailboxGuid])).get(mailboxGuid)
  if (!records) return end('gone', 'its mailbox is gone')
  const record = records.find((one) => one.guid === guid)
  const why = record ? await leftBecause(ports, conversation, run, mailboxGuid, record) : null
  if (why !== null) return end('changedSinceRead', why)
  const within = { ...ports, exchange: { ...ports.exchange, converse: inThis(conversation) } }
  const asked = { connectorId, record: guid, by: run.approvedBy ?? run.askedBy }
  if (record) {
    const { state, message } = await removePartnership(within, asked)
    if (state === 'failed') return end('failed', message)
    if (state === 'unknown') throw notKnown(guid, message)
  } else await auditGone(ports, run, asked)
  const isElsewhere = records.some((one) => one.guid !== guid && deviceKey(one.deviceId) === deviceKey(deviceId))
  const isOthers =
    !record && (await factsNow(ports, conversation, run, mailboxGuid, { guid, deviceId }))?.isBlockedByOther
  if (!isElsewhere && !isOthers) await takeOffLists(within, asked, mailboxGuid, deviceId)
  return record ? end('done') : end('gone')
}

function notKnown(record: string, message: string | null): AppError {
  const what = `it is not known whether EAS record ${record} was removed (${message})`
  return new AppError('relayLost', `${what}; it is looked at again`, { retryable: true })
}

/** Whoever sent the removal may have died before it could say how that ended. */
async function auditGone(
  { store, clock }: Ports,
  { id: runId }: Run,
  { connectorId, record, by }: { readonly connectorId: string; readonly record: string; readonly by: string },
): Promise<void> {
  const row = { at: clock.now().toISOString(), actor: by, action: 'device.remove', runId, subject: record }
  await store.appendAudit(connectorId, [{ ...row, before: null, after: null, outcome: 'verified: it is gone' }])
}

/** The same conversation for everything that is asked of one record. */
function inThis(conversation: Conversation): Ports['exchange']['converse'] {
  return async (_connectorId, use) => use(conversation)
}

/** null: it is as stale as it was. */
async function leftBecause(
  ports: Ports,
  conversation: Conversation,
  run: Run,
  mailboxGuid: string,
  record: EasRecord,
): Promise<string | null> {
  const known = await factsNow(ports, conversation, run, mailboxGuid, record)
  if (!known) return 'unknown'
  const facts = {
    ...known,
    isWipeClaimed: await isWipeClaimed(ports, run.connectorId, record.guid),
    said: (await conversation.lastSyncs([mailboxGuid])).get(mailboxGuid) ?? null,
  }
  const verdict = staleVerdict(record, facts, reportOf(run).cutoff)
  return typeof verdict === 'string' ? verdict : null
}

/** null: its mailbox is not stored any more. */
async function factsNow(
  ports: Ports,
  conversation: Conversation,
  { connectorId }: Run,
  mailboxGuid: string,
  record: Pick<EasRecord, 'guid' | 'deviceId'>,
) {
  const mailbox = await storedMailbox(ports.store, connectorId, mailboxGuid)
  if (!mailbox) return null
  const { settings } = withDefaults((await ports.store.document(connectorId, 'policy'))?.value ?? defaultPolicy)
  const nowMs = ports.clock.now().getTime()
  const lists = (await conversation.lists([mailboxGuid])).get(mailboxGuid) ?? { allowed: [], blocked: [] }
  return staleFacts(record, mailbox, { lists, readAtMs: nowMs, listedPins: settings.pins, nowMs })
}
