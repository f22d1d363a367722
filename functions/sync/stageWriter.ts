/** Collects gathered rows by partition and stages them some thousand at a time: few table requests, flat memory. */
import { partitionOf } from '../core/partition.ts'
import type { StageKey, Store } from '../portsStore.ts'
import { toLine } from './stagedLine.ts'

/** Rows held in memory before they are staged; at about 1 kB a row this is some megabytes. */
const rowsPerPage = 2_000

export interface StageWriter {
  /** How many rows were given so far. */
  readonly count: number
  add(mailboxGuid: string, id: string, value: unknown): Promise<void>
  /** Stages what is left. */
  end(): Promise<void>
}

export function stageWriter(store: Store, key: StageKey): StageWriter {
  let lines = new Map<number, string[]>()
  let held = 0
  let page = 0
  let count = 0
  const flush = async () => {
    const full = lines
    lines = new Map()
    held = 0
    if (full.size > 0) await store.stage(key, page++, full)
  }
  return {
    get count() {
      return count
    },
    async add(mailboxGuid, id, value) {
      const partition = partitionOf(mailboxGuid)
      const line = toLine(mailboxGuid, id, value)
      const own = lines.get(partition)
      if (own) own.push(line)
      else lines.set(partition, [line])
      count++
      if (++held >= rowsPerPage) await flush()
    },
    end: flush,
  }
}
