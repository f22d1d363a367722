/** What a table row is to this folder, its schema version, and the sizes that Azure allows (Azurite does not check them). Pure. */
import { AppError } from '../errors.ts'

/**
 * Of every row. A change that an older app would misread raises it, and rows of every version before are still understood. 2: a mailbox is one row, and
 * an id of the index another.
 */
export const schemaVersion = 2

/** Only texts and small integers: what a row means is in its JSON texts. */
export interface Row {
  readonly partitionKey: string
  readonly rowKey: string
  readonly [property: string]: string | number
}

/** A row as it is read; `etag` is the service's. */
export interface ReadRow {
  readonly partitionKey: string
  readonly rowKey: string
  readonly etag: string
  readonly [property: string]: unknown
}

/** Limits of an entity. https://learn.microsoft.com/azure/storage/tables/scalability-targets */
const maxRowBytes = 1024 * 1024
const maxProperties = 252
const maxValueUnits = 32 * 1024

/** UTF-16 units of all names and values; throws AppError storeFailed (not retryable) for a row that Azure would refuse. */
export function measureRow(table: string, row: Row): number {
  let units = 0
  let properties = 0
  for (const name in row) {
    const value = row[name]
    properties += 1
    units += name.length + 8
    if (typeof value !== 'string') continue
    units += value.length
    if (value.length > maxValueUnits) throw tooLarge(table, row, `${value.length} characters in ${name}`)
  }
  if (units * 2 > maxRowBytes) throw tooLarge(table, row, `about ${Math.ceil((units * 2) / 1024)} KiB, 1,024 fit`)
  // The two keys are not counted by Azure.
  if (properties - 2 > maxProperties) throw tooLarge(table, row, `${properties - 2} properties, ${maxProperties} fit`)
  return units
}

/** Throws AppError storeFailed for a row that a newer app has written. The one place where versions are compared; every reading goes through it. */
export function checkVersion(table: string, row: ReadRow): void {
  const version = row.v
  if (typeof version === 'number' && version >= 1 && version <= schemaVersion) return
  const what = `${nameOf(table, row)} has schema version ${String(version)}, this app knows ${schemaVersion}`
  throw new AppError('storeFailed', `${what}. Update the app: a newer easgate has written to these tables.`)
}

function tooLarge(table: string, row: Row, what: string): AppError {
  return new AppError('storeFailed', `${nameOf(table, row)} is too large to be stored: ${what}`)
}

function nameOf(table: string, row: { readonly partitionKey: string; readonly rowKey: string }): string {
  return `row ${row.rowKey} of partition ${row.partitionKey} in table ${table}`
}
