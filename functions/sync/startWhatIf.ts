/** Starts a what-if: a run of one step that reads what is stored and sends nothing. It holds nobody up and is held up by nobody. */
import type { Policy } from '../core/types.ts'
import type { Ports } from '../ports.ts'
import { lastConfiguration } from './lastKnown.ts'
import { messageFor } from './messageFor.ts'
import { newRun } from './startRun.ts'

/** Gives the run's id. Throws AppError conflict before anything was read of the connector. */
export async function startWhatIf(ports: Ports, connectorId: string, policy: Policy, askedBy: string): Promise<string> {
  const configuration = await lastConfiguration(ports, connectorId)
  const like = await newRun(ports, { connectorId, kind: 'full', askedBy, dryRun: true })
  const run = {
    ...like,
    mode: 'whatIf' as const,
    step: 'whatIf' as const,
    policy: { ...policy, notificationHtml: '' },
    configuration: { ...configuration, deviceClasses: [] },
  }
  await ports.store.saveRun(run, null)
  await ports.queue.send(messageFor(run))
  return run.id
}
