/** The Store port on Azure Table Storage (or Azurite): nine tables, each opened here once per process; the folder's table of contents. */
import pLimit from 'p-limit'
import { AppError } from '../errors.ts'
import type { Store } from '../portsStore.ts'
import { audit } from './audit.ts'
import { changes } from './changes.ts'
import { tableClient, type TableService } from './connection.ts'
import { documents } from './documents.ts'
import { mails } from './mails.ts'
import { organizations } from './organizations.ts'
import { places } from './places.ts'
import { records } from './records.ts'
import { relays } from './relays.ts'
import { runs } from './runs.ts'
import { staging } from './staging.ts'
import { openTable } from './table.ts'
import { afterCheck, versionCheck } from './tablesVersion.ts'
import { sha256 } from './verifyAudit.ts'
import { wipes } from './wipes.ts'

export interface TableStoreOptions {
  readonly service: TableService
  /** Of every table's name. */
  readonly tablePrefix?: string
  /** SHA-256 of a text as 64 hex digits. */
  readonly hash?: (text: string) => string
  /** First delay of the client's retries after an answer without Retry-After. */
  readonly retryDelayMs?: number
  /**
   * How long one attempt may wait for its answer. The default is longer than the 30 s after which the service itself gives up; with five attempts
   * and the delays between them a call fails after three minutes at the latest.
   */
  readonly requestTimeoutMs?: number
}

/** Transactions under way at once. */
const maxTransactions = 8

/** Make one per process: it remembers that the tables exist. Throws AppError badConfiguration. */
export function tableStore(options: TableStoreOptions): Store {
  const { service, tablePrefix = 'easgate', hash = sha256, retryDelayMs = 800, requestTimeoutMs = 32_000 } = options
  if (!/^[A-Za-z][A-Za-z0-9]{0,39}$/.test(tablePrefix)) throw badPrefix(tablePrefix)
  const clientOptions = { spent: { requests: 0, operations: 0 }, retryDelayMs, requestTimeoutMs }
  const limit = pLimit(maxTransactions)
  const openUnchecked = (name: string) =>
    openTable(tableClient(service, tablePrefix + name, clientOptions), limit, clientOptions.spent)
  const unchecked = openUnchecked('connectors')
  const check = versionCheck(unchecked)
  const open = (name: string) => afterCheck(openUnchecked(name), check)
  const connectors = afterCheck(unchecked, check)
  return {
    ...documents(connectors),
    ...organizations(connectors),
    ...relays(connectors),
    ...wipes(connectors),
    ...runs(open('runs')),
    ...staging(open('staging')),
    ...records(open('records')),
    ...places(open('places'), open('index')),
    ...changes(open('changes')),
    ...mails(open('mails')),
    ...audit(open('audit'), hash),
    requests: () => clientOptions.spent.requests,
    operations: () => clientOptions.spent.operations,
  }
}

function badPrefix(prefix: string): AppError {
  const message = `the table prefix ${JSON.stringify(prefix)} is not allowed: a letter, then at most 39 letters and digits`
  return new AppError('badConfiguration', message)
}
