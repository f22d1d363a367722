/** The ledger of mails: a row for each, and beside a delayed one a second row by which it is found when it is due. Table mails. */
import { randomUUID } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { LedgerMail, MailKey } from '../core/mail.ts'
import type { Store } from '../portsStore.ts'
import { afterPrefix, escapeKey, joinKey, splitKey } from './keys.ts'
import { readText, textProperties } from './longText.ts'
import { schemaVersion, type Row } from './row.ts'
import type { Table } from './table.ts'
import type { Action } from './transactions.ts'

export function mails(table: Table): Pick<Store, 'ledgerMail' | 'saveLedgerMail' | 'dueMails'> {
  return {
    async ledgerMail(connectorId, key) {
      const row = await table.read(escapeKey(connectorId), mailKey(key))
      if (!row) return null
      const value: LedgerMail = JSON.parse(readText(row, 'data') ?? 'null')
      return { value, etag: row.etag }
    },
    async saveLedgerMail(connectorId, mail, before) {
      const partitionKey = escapeKey(connectorId)
      const write = randomUUID()
      const row = toRow(partitionKey, mail, write)
      const first: Action = before ? ['update', row, 'Replace', { etag: before.etag }] : ['create', row]
      try {
        const [etag = ''] = await table.submit([first, ...dueActions(partitionKey, mail, before?.value.dueAt ?? null)])
        return etag
      } catch (thrown) {
        // Refused may also mean: our own first try arrived, and its answer was lost
        if (!(thrown instanceof AppError) || !['changedMeanwhile', 'notFound'].includes(thrown.code)) throw thrown
        const stored = await table.read(partitionKey, row.rowKey)
        if (stored?.write === write) return stored.etag
        throw thrown.code === 'changedMeanwhile' ? thrown : changed(thrown)
      }
    },
    async dueMails(connectorId, now, top) {
      const found: MailKey[] = []
      if (top < 1) return found
      const range = { from: duePrefix, to: `${duePrefix}${afterPrefix(escapeKey(now))}`, top }
      for await (const rows of table.scan(escapeKey(connectorId), range)) {
        for (const { rowKey } of rows) {
          const [, , record = '', reason = ''] = splitKey(rowKey)
          found.push({ record, reason })
        }
      }
      return found.slice(0, top)
    },
  }
}

const duePrefix = 'due|'

function mailKey({ record, reason }: MailKey): string {
  return joinKey('mail', record, reason)
}

/** Sorts by time. */
function dueKey({ record, reason }: MailKey, dueAt: string): string {
  return joinKey('due', dueAt, record, reason)
}

/** The rows that make `mail`, and no other time of it, be found. */
function dueActions(partitionKey: string, mail: LedgerMail, dueBefore: string | null): Action[] {
  if (mail.dueAt === dueBefore) return []
  const row = (dueAt: string) => ({ partitionKey, rowKey: dueKey(mail, dueAt), v: schemaVersion })
  return [
    ...(dueBefore === null ? [] : [['delete', row(dueBefore)] satisfies Action]),
    ...(mail.dueAt === null ? [] : [['upsert', row(mail.dueAt), 'Replace'] satisfies Action]),
  ]
}

function toRow(partitionKey: string, mail: LedgerMail, write: string): Row {
  const data = textProperties('data', JSON.stringify(mail))
  return { partitionKey, rowKey: mailKey(mail), v: schemaVersion, write, ...data }
}

function changed(cause: unknown): AppError {
  return new AppError('changedMeanwhile', 'a mail of the ledger was changed by somebody else first; read it again', {
    retryable: true,
    cause,
  })
}
