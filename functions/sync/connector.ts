/** Reads and changes the connector's own row: whoever writes second reads again. */
import { newConnector, type ConnectorState, type Run } from '../core/run.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Versioned } from '../portsStore.ts'

const maxTries = 10

export async function readConnector({ store }: Ports, connectorId: string): Promise<Versioned<ConnectorState> | null> {
  const found = await store.document(connectorId, 'connector')
  // What a newer version added has the value of a new connector
  return found && { ...found, value: { ...newConnector(connectorId), ...found.value } }
}

/**
 * Applies `change` to the row as it is now and saves it; on a lost race it is applied again to what the other wrote. `change` returns null to leave the
 * row as it is. Returns the row that stands at the end.
 */
export async function changeConnector(
  ports: Ports,
  connectorId: string,
  change: (state: ConnectorState) => ConnectorState | null,
): Promise<ConnectorState> {
  for (let i = 0; i < maxTries; i++) {
    const found = await readConnector(ports, connectorId)
    const before = found?.value ?? newConnector(connectorId)
    const after = change(before)
    if (after === null) return before
    try {
      await ports.store.saveDocument(connectorId, 'connector', after, found?.etag ?? null)
      return after
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile') throw thrown
    }
  }
  throw new AppError(
    'changedMeanwhile',
    `the row of connector ${connectorId} changed ${maxTries} times while it was written; try again`,
    { retryable: true },
  )
}

/** The row without this run: it neither runs nor holds the lease any more. */
export function withoutRun(state: ConnectorState, run: Run): ConnectorState {
  const running = state.running[run.kind] === run.id ? { ...state.running, [run.kind]: null } : state.running
  const staleRun = state.staleRun === run.id ? null : state.staleRun
  return { ...state, running, staleRun, lease: state.lease?.runId === run.id ? null : state.lease }
}
