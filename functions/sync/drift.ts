/** The log of drift: what a full sync saw changed by others, and what it mended. Written by the run that holds the lease. */
import { noDrift, stanceBy, withMended, withSeen, type Drift, type DriftLog, type StanceOf } from '../core/drift.ts'
import type { Run } from '../core/run.ts'
import type { Ports } from '../ports.ts'

/** By the setting and the log; where it is not known who asked, by the timer's rules. */
export async function stancesFor(
  { store }: Pick<Ports, 'store'>,
  connectorId: string,
  { policy, askedBy = 'timer', startedAt }: Pick<Run, 'policy'> & Partial<Pick<Run, 'askedBy' | 'startedAt'>>,
): Promise<StanceOf> {
  const log = (await store.document(connectorId, 'drift'))?.value ?? noDrift
  return stanceBy(policy.settings.drift, askedBy, log, startedAt ?? '')
}

export async function recordDrift(ports: Ports, run: Run, seen: readonly Drift[]): Promise<void> {
  if (seen.length === 0) return
  for (const { thing, stance } of seen) {
    const fields = { connectorId: run.connectorId, runId: run.id, thing, stance }
    if (stance === 'fighting') ports.log.warn('configurationFight', fields)
    else ports.log.info('configurationDrift', fields)
  }
  await change(ports, run, (log, at) => withSeen(log, seen, run.id, at))
}

export async function recordMended(
  ports: Pick<Ports, 'store' | 'clock'>,
  run: Pick<Run, 'id' | 'connectorId'>,
  thing: string,
): Promise<void> {
  await change(ports, run, (log, at) => withMended(log, thing, run.id, at))
}

async function change(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  { connectorId }: Pick<Run, 'connectorId'>,
  to: (log: DriftLog, at: string) => DriftLog,
): Promise<void> {
  const found = await store.document(connectorId, 'drift')
  const before = found?.value ?? noDrift
  const after = to(before, clock.now().toISOString())
  if (JSON.stringify(before) === JSON.stringify(after)) return
  await store.saveDocument(connectorId, 'drift', after, found?.etag ?? null)
}
