/** When the partnerships of some mailboxes synced last. One cmdlet a mailbox, which Exchange opens for it: slow (facts A2). */
import { limits, type Row } from '../../protocol/messages.ts'
import type { LastSync } from '../core/stale.ts'
import { guidOf, textOf, timeOf } from './exchangeValue.ts'
import { readAll, type ReadAnswer, type ReadOptions } from './readBatch.ts'
import type { RelayChannel } from './relayChannel.ts'

/** By mailbox Guid as given. A mailbox that is gone, or whose statistics cannot be read, is missing. Throws AppError exchangeFailed where the account may not ask. */
export async function readLastSyncs(
  channel: RelayChannel,
  dialect: 'ActiveSyncDevice' | 'MobileDevice',
  mailboxGuids: readonly string[],
  options: ReadOptions,
): Promise<ReadonlyMap<string, readonly LastSync[]>> {
  const cmdlet = `Get-${dialect}Statistics`
  const wanted = [...new Set(mailboxGuids)]
  const found = new Map<string, readonly LastSync[]>()
  for (let at = 0; at < wanted.length; at += limits.commandsPerBatch) {
    const guids = wanted.slice(at, at + limits.commandsPerBatch)
    const commands = guids.map((Mailbox) => ({ cmdlet, parameters: { Mailbox } }))
    const answers = await readAll(channel, commands, options)
    answers.forEach((answer, index) => {
      const read = readOne(answer)
      if (read) found.set(guids[index] ?? '', read)
    })
  }
  return found
}

/** What is so for every mailbox, and only a person can mend. */
const hidden: readonly (string | undefined)[] = ['cmdletHidden', 'parameterHidden', 'accessDenied']

function readOne({ rows, result, problem }: ReadAnswer): readonly LastSync[] | null {
  if (problem && hidden.includes(result.error?.category)) throw problem
  return problem ? null : rows.map(toLastSync)
}

function toLastSync(row: Row): LastSync {
  const times = ['LastSuccessSync', 'LastSyncAttemptTime'].flatMap((name) => timeOf(row, name) ?? [])
  return {
    record: guidOf(row),
    deviceId: textOf(row, 'DeviceID'),
    deviceType: textOf(row, 'DeviceType'),
    lastSync: times.toSorted().at(-1) ?? null,
    isWipePending: isPending(row, 'DeviceWipe') || isPending(row, 'AccountOnlyDeviceWipe'),
  }
}

/** Asked for or sent after the phone last confirmed one. */
function isPending(row: Row, prefix: string): boolean {
  const [requested, sent, confirmed] = ['RequestTime', 'SentTime', 'AckTime'].map((name) =>
    timeOf(row, `${prefix}${name}`),
  )
  const asked = [requested, sent]
    .flatMap((time) => time ?? [])
    .toSorted()
    .at(-1)
  if (asked !== undefined) return confirmed === null || confirmed === undefined || confirmed < asked
  return /Pending$/i.test(textOf(row, 'Status') ?? '')
}
