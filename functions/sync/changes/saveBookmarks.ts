/** Saves where the next quick sync goes on, once everything that this run read is dealt with. */
import { indexVersion, type Bookmarks } from '../../core/bookmarks.ts'
import type { Run } from '../../core/run.ts'
import { AppError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'

const maxTries = 5

/**
 * Whoever writes last wins: an older bookmark only means that some changes are read twice. Nothing is saved by a run that read no bookmark or did not
 * decide.
 */
export async function saveBookmarks({ store }: Ports, run: Run, groups: string): Promise<void> {
  const { directory, gatheredAt, decidedBy } = run
  if (!directory || gatheredAt === null || decidedBy === null) return
  const looseAfter = run.bookmarks?.looseAfter ?? ''
  const bookmarks: Bookmarks = { directory, readAt: gatheredAt, groups, decidedBy, looseAfter, index: indexVersion }
  for (let tried = 1; ; tried++) {
    const found = await store.document(run.connectorId, 'bookmarks')
    try {
      await store.saveDocument(run.connectorId, 'bookmarks', bookmarks, found?.etag ?? null)
      return
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile' || tried === maxTries) throw thrown
    }
  }
}
