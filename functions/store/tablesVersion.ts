/**
 * The schema version of the tables as a whole: the newest app that used them has left it in a row of its own, and no older one touches them any more.
 * Each process looks once, before its first request. Table connectors.
 */
import { AppError } from '../errors.ts'
import { joinKey } from './keys.ts'
import { schemaVersion } from './row.ts'
import type { Table } from './table.ts'

/** No connector's id has a bar in it, so no connector's partition is met. */
const versionKey = { partitionKey: joinKey('tables', 'version'), rowKey: 'version' } as const

const maxTries = 5

/*
 * the row's version | what happens
 * none, or older    | raised to this app's; the rows follow with the syncs
 * this app's        | nothing
 * newer             | every request is refused, before anything is written (row.ts)
 */
export function versionCheck(table: Table): () => Promise<void> {
  let checked: Promise<void> | null = null
  return () => {
    checked ??= raise(table).catch((thrown: unknown) => {
      checked = null
      throw thrown
    })
    return checked
  }
}

/** The table as others see it: nothing is asked of it before `check` has come through. */
export function afterCheck(table: Table, check: () => Promise<void>): Table {
  const then = <R>(use: () => Promise<R>): Promise<R> => check().then(use)
  return {
    name: table.name,
    read: (...given) => then(() => table.read(...given)),
    insert: (...given) => then(() => table.insert(...given)),
    replace: (...given) => then(() => table.replace(...given)),
    upsert: (...given) => then(() => table.upsert(...given)),
    remove: (...given) => then(() => table.remove(...given)),
    submit: (...given) => then(() => table.submit(...given)),
    async *scan(partitionKey, options) {
      await check()
      yield* table.scan(partitionKey, options)
    },
  }
}

async function raise(table: Table): Promise<void> {
  const row = { ...versionKey, v: schemaVersion }
  for (let tried = 1; ; tried += 1) {
    const found = await table.read(row.partitionKey, row.rowKey)
    if (found?.v === schemaVersion) return
    try {
      await (found ? table.replace(row, found.etag) : table.insert(row))
      return
    } catch (thrown) {
      // Another process was faster; it may be of a newer version
      if (!(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile' || tried === maxTries) throw thrown
    }
  }
}
