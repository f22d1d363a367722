/** The one place where dry run, report mode and the stop switch exist. */
import { defaultPolicy } from '../core/settings.ts'
import type { Run } from '../core/run.ts'
import type { Ports } from '../ports.ts'

export type Sending = 'send' | 'dryRun' | 'reportOnly' | 'stop'

/** Asked again at every message of apply, by the policy as it is now: stop means stop, also in the middle of a run. */
export async function maySend({ store }: Ports, run: Run): Promise<Sending> {
  const { settings } = (await store.document(run.connectorId, 'policy'))?.value ?? defaultPolicy
  if (settings.stop) return 'stop'
  if (run.dryRun) return 'dryRun'
  return settings.reportOnly ? 'reportOnly' : 'send'
}
