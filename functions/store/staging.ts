/**
 * Gathered lines until they are decided on. One table partition per gathering attempt; row keys `partition|page|chunk`, so that a partition
 * of mailboxes is one range; one `page|…` row per page that names the rows it wrote; and one partition per run that lists its attempts. Table staging.
 */
import type { Store } from '../portsStore.ts'
import { afterPrefix, partitionDigits } from './keys.ts'
import { readText } from './longText.ts'
import type { ReadRow } from './row.ts'
import { pagePrefix, stagePage } from './stagedPage.ts'
import { stageList, stagePartition } from './stageList.ts'
import { submitPhases } from './submitPhases.ts'
import type { Table } from './table.ts'
import type { Action } from './transactions.ts'

export function staging(table: Table): Pick<Store, 'stage' | 'staged' | 'allStaged' | 'clearStaged'> {
  const listed = stageList(table)
  return {
    async stage(key, page, lines) {
      const pages = stagePartition(key)
      await listed.add(key)
      await stagePage(table, pages, page, lines)
    },
    async staged(key, partition) {
      const prefix = `${partitionDigits(partition)}|`
      const found: string[] = []
      for await (const rows of table.scan(stagePartition(key), { from: prefix, to: afterPrefix(prefix) })) {
        for (const row of rows) appendLines(found, row)
      }
      return found
    },
    async *allStaged(key) {
      for await (const rows of table.scan(stagePartition(key), { to: pagePrefix })) {
        const found: string[] = []
        for (const row of rows) appendLines(found, row)
        yield found
      }
    },
    async clearStaged(connectorId, runId) {
      for (const stage of await listed.ofRun(connectorId, runId)) {
        await clearPartition(table, stage.pages)
        await listed.remove(stage)
      }
    },
  }
}

/** Lines are JSON texts, in which a newline is always escaped. */
function appendLines(lines: string[], row: ReadRow): void {
  const text = readText(row, 'lines') ?? ''
  for (const line of text.split('\n')) lines.push(line)
}

async function clearPartition(table: Table, partition: string): Promise<void> {
  for await (const rows of table.scan(partition, { select: ['rowKey'] })) {
    const deletes = rows.map(({ rowKey }): Action => ['delete', { partitionKey: partition, rowKey }])
    await submitPhases(table, deletes)
  }
}
