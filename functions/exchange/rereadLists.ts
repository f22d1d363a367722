/** Reads the two lists of some mailboxes again, right before they are changed: many at once, and one by one what did not come back. */
import type { Row } from '../../protocol/messages.ts'
import { limits } from '../../protocol/messages.ts'
import { inChunks } from '../core/inChunks.ts'
import { AppError } from '../errors.ts'
import type { DeviceLists } from '../ports.ts'
import { guidOf } from './exchangeValue.ts'
import { fromExchangeLists, fromExchangePolicy } from './fromExchangeMailbox.ts'
import { readAll, type ReadAnswer, type ReadCommand, type ReadOptions } from './readBatch.ts'
import type { RelayChannel } from './relayChannel.ts'

export interface RereadOptions extends ReadOptions {
  /** single: never by filter, for servers that do not take one on Guid. */
  readonly reread: 'bulk' | 'single'
}

/**
 * By lower-case Guid; a mailbox that Exchange says it does not know is missing. Throws AppError incompleteInventory for a row that nobody asked for, exchangeFailed for
 * any other refusal.
 */
export async function rereadLists(
  channel: RelayChannel,
  mailboxGuids: readonly string[],
  options: RereadOptions,
): Promise<ReadonlyMap<string, DeviceLists>> {
  return new Map(
    [...(await readMailboxRows(channel, mailboxGuids, options))].map(([guid, row]) => [guid, fromExchangeLists(row)]),
  )
}

/** The mailbox policies they were given, by the same rules; a mailbox that does not say is missing. */
export async function rereadPolicies(
  channel: RelayChannel,
  mailboxGuids: readonly string[],
  options: RereadOptions,
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await readMailboxRows(channel, mailboxGuids, options)
  return new Map(
    [...rows].flatMap(([guid, row]) => {
      const policy = fromExchangePolicy(row)
      return policy === undefined ? [] : [[guid, policy] as const]
    }),
  )
}

/** The rows of these mailboxes, by the same rules. */
export async function readMailboxRows(
  channel: RelayChannel,
  mailboxGuids: readonly string[],
  options: RereadOptions,
): Promise<ReadonlyMap<string, Row>> {
  const wanted = [...new Set(mailboxGuids.map((guid) => guid.toLowerCase()))]
  const found = new Map<string, Row>()
  // Only what is a Guid from its first to its last character goes into a filter's text.
  const filterable = options.reread === 'bulk' ? wanted.filter((guid) => guidPattern.test(guid)) : []
  for (const groups of inChunks(inChunks(filterable, groupSize), limits.commandsPerBatch)) {
    const answers = await readAll(channel, groups.map(readGroup), options)
    answers.forEach((answer, index) => keepGroup(answer, groups[index] ?? [], found, options))
  }
  const rest = wanted.filter((guid) => !found.has(guid))
  for (const guids of inChunks(rest, limits.commandsPerBatch)) {
    const answers = await readAll(channel, guids.map(readOne), options)
    answers.forEach((answer, index) => keepOne(answer, guids[index] ?? '', found))
  }
  return found
}

const cmdlet = 'Get-CASMailbox'
/** Mailboxes in one filter, of about 5,000 characters. Each read takes a session's turn from the changes: few large ones. */
const groupSize = 100
const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Guid is on Microsoft's list of filterable properties for Get-CASMailbox (filter-properties). */
function readGroup(guids: readonly string[]): ReadCommand {
  const Filter = guids.map((guid) => `Guid -eq '${guid}'`).join(' -or ')
  return { cmdlet, parameters: { Filter, ResultSize: 'Unlimited' } }
}

function readOne(guid: string): ReadCommand {
  return { cmdlet, parameters: { Identity: guid } }
}

/** A filter that failed found nothing: its mailboxes are asked for one by one, and that answer counts. */
function keepGroup(answer: ReadAnswer, guids: readonly string[], found: Map<string, Row>, options: ReadOptions) {
  if (answer.problem) {
    options.log.warn('exchange.rereadFilterFailed', { mailboxes: guids.length, problem: answer.problem.code })
    return
  }
  for (const row of answer.rows) keep(row, guids, found)
}

function keepOne(answer: ReadAnswer, guid: string, found: Map<string, Row>): void {
  if (answer.result.error?.category === 'notFound') return
  if (answer.problem) throw answer.problem
  if (answer.rows.length !== 1) throw notAsked(`${answer.rows.length} rows for the one mailbox ${guid}`)
  for (const row of answer.rows) keep(row, [guid], found)
}

/** A server that cannot resolve an identity, or ignores a filter, may return every mailbox (facts A1): no row is taken on trust. */
function keep(row: Row, asked: readonly string[], found: Map<string, Row>): void {
  const guid = guidOf(row)
  if (guid === null || !asked.includes(guid))
    throw notAsked(`mailbox ${guid ?? 'without Guid'}, which was not asked for`)
  if (found.has(guid)) throw notAsked(`mailbox ${guid} twice`)
  found.set(guid, row)
}

function notAsked(what: string): AppError {
  const message = `${cmdlet} returned ${what}. Nothing was changed; the next sync reads again.`
  return new AppError('incompleteInventory', message, { retryable: true })
}
