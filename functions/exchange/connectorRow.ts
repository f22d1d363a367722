/** The connector's row as this folder reads and changes it: whoever writes second reads again. */
import { newConnector, type ConnectorState } from '../core/run.ts'
import { AppError } from '../errors.ts'
import type { Store } from '../portsStore.ts'

export type RowStore = Pick<Store, 'document' | 'saveDocument'>

const maxTries = 5

/** The row; a new connector's where there is none. */
export async function readRow(store: RowStore, connectorId: string): Promise<ConnectorState> {
  return { ...newConnector(connectorId), ...(await store.document(connectorId, 'connector'))?.value }
}

/** `change` sees the row as it is, and again what another wrote meanwhile; null leaves it. Throws AppError changedMeanwhile. */
export async function changeRow(
  store: RowStore,
  connectorId: string,
  change: (row: ConnectorState) => Partial<ConnectorState> | null,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await store.document(connectorId, 'connector')
    const row = { ...newConnector(connectorId), ...found?.value }
    const changed = change(row)
    if (changed === null) return
    try {
      await store.saveDocument(connectorId, 'connector', { ...row, ...changed }, found?.etag ?? null)
      return
    } catch (thrown) {
      const isLost = thrown instanceof AppError && thrown.code === 'changedMeanwhile'
      if (!isLost || attempt >= maxTries) throw thrown
    }
  }
}
