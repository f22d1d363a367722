/** Which gathering attempts a run has staged: a row each, written before their first page, so that clearing a run needs no search. */
import type { StageKey } from '../portsStore.ts'
import { joinKey } from './keys.ts'
import { schemaVersion } from './row.ts'
import { submitPhases } from './submitPhases.ts'
import type { Table } from './table.ts'

/** The row that lists an attempt, and the partition that its pages are in. */
interface ListedStage {
  readonly partitionKey: string
  readonly rowKey: string
  readonly pages: string
}

interface StageList {
  /** Costs a request the first time only. */
  add(key: StageKey): Promise<void>
  ofRun(connectorId: string, runId: string): Promise<readonly ListedStage[]>
  remove(stage: ListedStage): Promise<void>
}

/** Attempts remembered as listed; beyond that they are listed again, which changes nothing. */
const maxRemembered = 1_000

export function stageList(table: Table): StageList {
  const known = new Map<string, Promise<void>>()
  return {
    add({ connectorId, runId, kind, attempt }) {
      const { partitionKey, rowKey, pages } = listed(joinKey(connectorId, runId), joinKey(kind, attempt))
      const before = known.get(pages)
      if (before) return before
      if (known.size >= maxRemembered) known.clear()
      const adding = table.upsert({ partitionKey, rowKey, v: schemaVersion })
      known.set(pages, adding)
      adding.catch(() => known.delete(pages))
      return adding
    },
    async ofRun(connectorId, runId) {
      const stages: ListedStage[] = []
      const partitionKey = joinKey(connectorId, runId)
      for await (const rows of table.scan(partitionKey, { select: ['rowKey'] })) {
        stages.push(...rows.map(({ rowKey }) => listed(partitionKey, rowKey)))
      }
      return stages
    },
    async remove({ partitionKey, rowKey, pages }) {
      known.delete(pages)
      await submitPhases(table, [['delete', { partitionKey, rowKey }]])
    },
  }
}

/** The partition of an attempt's pages: `connector|run|kind|attempt`. */
export function stagePartition({ connectorId, runId, kind, attempt }: StageKey): string {
  return joinKey(connectorId, runId, kind, attempt)
}

function listed(partitionKey: string, rowKey: string): ListedStage {
  return { partitionKey, rowKey, pages: `${partitionKey}|${rowKey}` }
}
