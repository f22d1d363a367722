/** A table store on a real Azurite behind the proxy that makes bad days, for one test file. */
import { TableClient } from '@azure/data-tables'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { AppError } from '../../functions/errors.ts'
import type { StageKey, Store } from '../../functions/portsStore.ts'
import { tableStore, type TableStoreOptions } from '../../functions/store/tableStore.ts'
import { connectionStringFor, startAzurite, type Azurite } from '../azurite.ts'
import { startFaultProxy, type FaultProxy } from './faultProxy.ts'

export interface BehindProxy {
  readonly azurite: Azurite
  /** Lets everything through at the start of a test. */
  readonly proxy: FaultProxy
  /** A connector of the test's own. */
  readonly id: string
  readonly stage: StageKey
  open(options?: Partial<TableStoreOptions>): Store
  /** A client of the table itself, to do what easgate never does. */
  rawTable(name: string): TableClient
}

/** Call it once, at the top of the file; the values are there when the tests run. */
export function behindProxy(): BehindProxy {
  let azurite: Azurite
  let proxy: FaultProxy
  let ids = 0
  beforeAll(async () => {
    azurite = await startAzurite()
    proxy = await startFaultProxy(azurite.tableUrl)
  })
  afterAll(async () => {
    await proxy.close()
    await azurite.close()
  })
  beforeEach(() => {
    proxy.choose = () => null
    ids += 1
  })
  return {
    get azurite() {
      return azurite
    },
    get proxy() {
      return proxy
    },
    get id() {
      return `c${ids}`
    },
    get stage(): StageKey {
      return { connectorId: `c${ids}`, runId: 'r', kind: 'records', attempt: '1' }
    },
    open: (options = {}) =>
      tableStore({ service: connectionStringFor(proxy.url, azurite.queueUrl), retryDelayMs: 1, ...options }),
    rawTable: (name) =>
      TableClient.fromConnectionString(azurite.connectionString, name, { allowInsecureConnection: true }),
  }
}

export async function failure(promise: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await promise.then(
    () => null,
    (error: unknown) => error,
  )
  if (thrown instanceof AppError) return thrown
  throw new Error(`no AppError: ${inspect(thrown)}`)
}
