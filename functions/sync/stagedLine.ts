/** A staged row as one line of text: whose it is, which one it is, and its data exactly as gathered. */
import { AppError } from '../errors.ts'

export interface StagedRow {
  readonly mailboxGuid: string
  readonly id: string
  /** JSON text; has no raw tab or line break. */
  readonly data: string
}

export function toLine(mailboxGuid: string, id: string, value: unknown): string {
  return `${mailboxGuid}\t${id}\t${JSON.stringify(value)}`
}

export function fromLine(line: string): StagedRow {
  const first = line.indexOf('\t')
  const second = line.indexOf('\t', first + 1)
  if (first < 0 || second < 0)
    throw new AppError('internal', `a staged line of ${line.length} characters without its two tabs`)
  return { mailboxGuid: line.slice(0, first), id: line.slice(first + 1, second), data: line.slice(second + 1) }
}
