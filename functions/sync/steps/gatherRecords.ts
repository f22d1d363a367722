/** Step 3: every EAS record, beside the mailbox that its DN names. */
import { readMailboxIndex } from '../mailboxIndex.ts'
import { stageKey, withAttempt } from '../readStaged.ts'
import { stageWriter } from '../stageWriter.ts'
import type { Step } from '../step.ts'

export const gatherRecords: Step = async (ports, run, attempt) => {
  const index = await readMailboxIndex(ports.store, run, { addresses: false })
  const writer = stageWriter(ports.store, stageKey(run, 'records', attempt))
  await ports.exchange.converse(run.connectorId, async (conversation) => {
    for await (const page of conversation.records()) {
      for (const record of page) {
        // A record whose mailbox Exchange did not list still gets its decision (unresolvedUser), under a key of its own
        const mailboxGuid =
          index.byDn(record.mailboxDn) ?? `dn:${ports.hash(record.mailboxDn.toLowerCase()).slice(0, 32)}`
        await writer.add(mailboxGuid, record.guid, record)
      }
    }
  })
  await writer.end()
  return {
    next: 'gatherGroups',
    patch: withAttempt(run, 'records', attempt),
    counts: { 'inventory.records': writer.count },
  }
}
