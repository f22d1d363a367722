/** Pins that came with the settings: the first decide of everything makes each a pin of its own beside its mailbox, and empties the list. */
import { takenPins, type Pin } from '../core/pin.ts'
import type { Run } from '../core/run.ts'
import { withDefaults } from '../core/settings.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { StoredRow } from '../portsStore.ts'
import type { Merged, MergedMailbox } from './mergePartition.ts'
import { pinRow } from './pins.ts'

const maxTries = 5

/** The merged mailboxes with the rows of those pins, to be written as the rest. Pure. */
export function withListedPins(merged: Merged, listed: readonly Pin[], nowMs: number): Merged {
  if (listed.length === 0) return merged
  const upserts: StoredRow[] = []
  const mailboxes = merged.mailboxes.map((mailbox): MergedMailbox => {
    const records = mailbox.rows.flatMap(({ kind, id }) => (kind === 'record' ? [id] : []))
    const own = mailbox.rows.flatMap(({ kind, data }) => (kind === 'pin' ? [JSON.parse(data) as Pin] : []))
    const taken = takenPins(records, own, listed, nowMs).map((pin) => pinRow(mailbox.guid, pin))
    if (taken.length === 0) return mailbox
    upserts.push(...taken)
    const isReplaced = (row: StoredRow) => row.kind === 'pin' && taken.some(({ id }) => id === row.id)
    return { ...mailbox, rows: [...mailbox.rows.filter((row) => !isReplaced(row)), ...taken] }
  })
  return { ...merged, mailboxes, upserts: [...merged.upserts, ...upserts] }
}

/** Once everything is decided. What no record of Exchange has is audited and goes: Exchange never gives its Guid again. */
export async function emptyPinList(ports: Ports, run: Run): Promise<void> {
  const { connectorId, policy } = run
  const listed = policy.settings.pins
  if (listed.length === 0 || run.mode === 'changes') return
  const places = await ports.store.places(
    connectorId,
    'record',
    listed.map(({ record }) => record),
  )
  const found = new Set(places.map(({ id }) => id))
  const ofNoRecord = listed.filter(({ record }) => !found.has(record))
  await takeOffList(ports, connectorId, listed, async () => audit(ports, run, listed, ofNoRecord))
}

/** Pins that were listed since stay for the next run. In the audit first: what dies in between is there twice, and never missing. */
async function takeOffList(
  { store }: Ports,
  connectorId: string,
  listed: readonly Pin[],
  toAudit: () => Promise<void>,
): Promise<void> {
  const known = new Set(listed.map((pin) => JSON.stringify(pin)))
  for (let tried = 1; ; tried++) {
    const found = await store.document(connectorId, 'policy')
    if (!found) return
    const policy = withDefaults(found.value)
    const pins = policy.settings.pins.filter((pin) => !known.has(JSON.stringify(pin)))
    if (pins.length === policy.settings.pins.length) return
    if (tried === 1) await toAudit()
    try {
      await store.saveDocument(connectorId, 'policy', { ...policy, settings: { ...policy.settings, pins } }, found.etag)
      return
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile' || tried === maxTries) throw thrown
    }
  }
}

async function audit(
  { store, clock }: Ports,
  { connectorId, id }: Run,
  listed: readonly Pin[],
  ofNoRecord: readonly Pin[],
): Promise<void> {
  const entry = { at: clock.now().toISOString(), actor: `run ${id}`, action: 'pinsMoved', runId: id }
  const after = { moved: listed.length - ofNoRecord.length, ofNoRecord: ofNoRecord.map(({ record }) => record) }
  await store.appendAudit(connectorId, [{ ...entry, subject: connectorId, before: listed, after, outcome: 'done' }])
}
