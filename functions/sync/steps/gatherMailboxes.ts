/** Step 2: every mailbox with its two lists. They come first: they tell where everything else belongs. */
import { stageKey, withAttempt } from '../readStaged.ts'
import { stageWriter } from '../stageWriter.ts'
import type { Step } from '../step.ts'

export const gatherMailboxes: Step = async (ports, run, attempt) => {
  const writer = stageWriter(ports.store, stageKey(run, 'mailboxes', attempt))
  await ports.exchange.converse(run.connectorId, async (conversation) => {
    for await (const page of conversation.mailboxes()) {
      for (const mailbox of page) await writer.add(mailbox.guid, '', mailbox)
    }
  })
  await writer.end()
  return { next: 'gatherRecords', patch: withAttempt(run, 'mailboxes', attempt) }
}
