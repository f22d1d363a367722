/** What a quick sync reads of Exchange: some mailboxes, the EAS records of some mailboxes, and new partnerships. Never a whole list. */
import { limits, type Row } from '../../protocol/messages.ts'
import { inChunks } from '../core/inChunks.ts'
import type { EasRecord } from '../core/types.ts'
import type { FoundMailbox, MailboxQuery } from '../ports.ts'
import { guidOf, timeOf } from './exchangeValue.ts'
import { fromExchangeMailbox } from './fromExchangeMailbox.ts'
import { fromExchangeRecord } from './fromExchangeRecord.ts'
import { readAll, type ReadAnswer, type ReadCommand } from './readBatch.ts'
import type { RelayChannel } from './relayChannel.ts'
import { readMailboxRows, type RereadOptions } from './rereadLists.ts'

/** Addresses in one filter. */
const addressesPerFilter = 20

/** Each mailbox once. Throws AppError exchangeFailed, incompleteInventory. */
export async function findMailboxes(
  channel: RelayChannel,
  queries: readonly MailboxQuery[],
  options: RereadOptions,
): Promise<readonly FoundMailbox[]> {
  const guids = queries.flatMap((query) => ('guids' in query ? query.guids : []))
  const found = new Map<string, Row>(await readMailboxRows(channel, guids, options))
  for (const commands of inChunks(queries.flatMap(toCommands), limits.commandsPerBatch)) {
    for (const answer of await readAll(channel, commands, options)) {
      if (answer.problem) throw answer.problem
      for (const row of answer.rows) found.set(guidOf(row) ?? '', row)
    }
  }
  return [...found.values()].map((row, index) => ({
    mailbox: fromExchangeMailbox(row, index + 1),
    changedAt: timeOf(row, 'WhenChangedUTC'),
  }))
}

/** Guids go a way of their own. */
function toCommands(query: MailboxQuery): ReadCommand[] {
  if ('guids' in query) return []
  if ('changedSince' in query)
    return [filtered('Get-CASMailbox', `WhenChangedUTC -gt '${filterDate(query.changedSince)}'`)]
  const dn = query.dn === null ? [] : [`DistinguishedName -eq ${quoted(query.dn)}`]
  const tests = [...dn, ...query.addresses.map((address) => `EmailAddresses -eq ${quoted(`smtp:${address}`)}`)]
  return inChunks(tests, addressesPerFilter).map((some) => filtered('Get-CASMailbox', some.join(' -or ')))
}

/** By lower-case mailbox Guid. A mailbox that Exchange does not know is missing. */
export async function recordsOf(
  channel: RelayChannel,
  cmdlet: string,
  mailboxGuids: readonly string[],
  options: RereadOptions,
): Promise<ReadonlyMap<string, readonly EasRecord[]>> {
  const found = new Map<string, readonly EasRecord[]>()
  for (const guids of inChunks([...new Set(mailboxGuids)], limits.commandsPerBatch)) {
    const commands = guids.map((Mailbox) => ({ cmdlet, parameters: { Mailbox, ResultSize: 'Unlimited' } }))
    const answers = await readAll(channel, commands, options)
    answers.forEach((answer, index) => {
      const records = recordsIn(answer, cmdlet)
      if (records) found.set(guids[index] ?? '', records)
    })
  }
  return found
}

function recordsIn(answer: ReadAnswer, cmdlet: string): readonly EasRecord[] | null {
  if (answer.result.error?.category === 'notFound') return null
  if (answer.problem) throw answer.problem
  return answer.rows.map((row, index) => fromExchangeRecord(row, index + 1, cmdlet))
}

export async function newRecords(
  channel: RelayChannel,
  cmdlet: string,
  since: string,
  options: RereadOptions,
): Promise<readonly EasRecord[]> {
  const [answer] = await readAll(channel, [filtered(cmdlet, `FirstSyncTime -gt '${filterDate(since)}'`)], options)
  if (answer?.problem) throw answer.problem
  return (answer?.rows ?? []).map((row, index) => fromExchangeRecord(row, index + 1, cmdlet))
}

function filtered(cmdlet: string, Filter: string): ReadCommand {
  return { cmdlet, parameters: { Filter, ResultSize: 'Unlimited' } }
}

/** A quote in a value ends it unless it is doubled: addresses and names come from people (facts A1). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/**
 * `11/21/2026 8:00:00 PM Z`: the documented US form (facts A2; the module's sessions have the culture en-US), and the Z so that no server takes it for its
 * local time: .NET reads it as UTC. Whole seconds, rounded down.
 */
export function filterDate(iso: string): string {
  const at = new Date(iso)
  const hour = at.getUTCHours()
  const two = (value: number) => String(value).padStart(2, '0')
  const date = `${at.getUTCMonth() + 1}/${at.getUTCDate()}/${at.getUTCFullYear()}`
  return `${date} ${hour % 12 === 0 ? 12 : hour % 12}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} ${hour < 12 ? 'AM' : 'PM'} Z`
}
