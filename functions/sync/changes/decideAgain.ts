/** Makes mailboxes be read and decided by the next quick sync although nothing of theirs changed. */
import { AppError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'

/** Beyond so many, everything stored is decided again in one go: due mailboxes are dealt with some hundred a run, and others wait behind them. */
const mostDue = 500
const maxTries = 5

export async function decideAgain(ports: Ports, connectorId: string, mailboxGuids: readonly string[]): Promise<void> {
  if (mailboxGuids.length === 0) return
  if (mailboxGuids.length > mostDue) return decideEverything(ports, connectorId)
  const id = ports.clock.now().toISOString()
  const due = [...new Set(mailboxGuids)].map((mailboxGuid) => ({ kind: 'due' as const, id, mailboxGuid, data: '' }))
  await ports.store.writePlaces(connectorId, due, [])
}

/** As after an edit of the policy. Without bookmarks the next quick sync reads everything anyway. */
async function decideEverything({ store }: Ports, connectorId: string): Promise<void> {
  for (let tried = 1; ; tried++) {
    const found = await store.document(connectorId, 'bookmarks')
    if (!found) return
    try {
      await store.saveDocument(connectorId, 'bookmarks', { ...found.value, decidedBy: '' }, found.etag)
      return
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile' || tried === maxTries) throw thrown
    }
  }
}
