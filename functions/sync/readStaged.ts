/** Reads what a run has staged: the pages of every attempt that succeeded, and of no other. */
import type { Run } from '../core/run.ts'
import type { StagedKind, StageKey, Store } from '../portsStore.ts'
import { fromLine, type StagedRow } from './stagedLine.ts'

export function stageKey(run: Run, kind: StagedKind, attempt: string): StageKey {
  return { connectorId: run.connectorId, runId: run.id, kind, attempt }
}

/** The run's row with one more attempt of this kind. */
export function withAttempt(run: Run, kind: StagedKind, attempt: string): Pick<Run, 'attempts'> {
  return { attempts: { ...run.attempts, [kind]: [...(run.attempts[kind] ?? []), attempt] } }
}

/** Every staged row of one kind, some at a time. */
export async function* allStaged(store: Store, run: Run, kind: StagedKind): AsyncGenerator<StagedRow> {
  for (const attempt of run.attempts[kind] ?? []) {
    for await (const lines of store.allStaged(stageKey(run, kind, attempt))) yield* lines.map(fromLine)
  }
}

/** The staged rows of one kind in one partition. */
export async function stagedOf(store: Store, run: Run, kind: StagedKind, partition: number): Promise<StagedRow[]> {
  const pages = await Promise.all(
    (run.attempts[kind] ?? []).map((attempt) => store.staged(stageKey(run, kind, attempt), partition)),
  )
  return pages.flat().map(fromLine)
}
