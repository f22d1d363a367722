/** The port's conversation on top of a channel: each method is one kind of batch. */
import type { EasRecord, Mailbox } from '../core/types.ts'
import { AppError } from '../errors.ts'
import type { Conversation } from '../ports.ts'
import { destroyDevice, toDestroyCommand } from './destroyDevice.ts'
import { fromExchangeMailbox } from './fromExchangeMailbox.ts'
import { fromExchangeRecord } from './fromExchangeRecord.ts'
import type { Greeting } from './greetRelay.ts'
import { readDeviceStatus } from './readDeviceStatus.ts'
import { readLastSyncs } from './readLastSyncs.ts'
import { findMailboxes, newRecords, recordsOf } from './readChanged.ts'
import { readPages, type ReadCommand } from './readBatch.ts'
import { readConfiguration } from './readConfiguration.ts'
import type { RelayChannel } from './relayChannel.ts'
import { rereadLists, rereadPolicies, type RereadOptions } from './rereadLists.ts'
import { runChanges } from './runChanges.ts'
import { sendMails } from './sendMails.ts'
import { toCommand } from './toCommand.ts'
import type { Row } from '../../protocol/messages.ts'

export function relayConversation(channel: RelayChannel, greeting: Greeting, options: RereadOptions): Conversation {
  const { fingerprint, welcome } = greeting
  const { version, host, parallel, organization, server, serverSince, serverReason, sendsMail, dialect } = welcome.relay
  const deviceCmdlet = dialect === 'MobileDevice' ? 'Get-MobileDevice' : 'Get-ActiveSyncDevice'
  const policyDialect = dialect === 'MobileDevice' ? 'Mobile' : 'ActiveSync'
  let listing: string | null = null

  /** Rows of a listing and of anything else share one credit: whoever waits for the one could wait for ever for the other. */
  function checkNoListing(what: string): void {
    if (listing === null) return
    throw new AppError(
      'internal',
      `${what} was asked for while ${listing} is listed: read that listing to its end first.`,
    )
  }

  async function* list<T>(cmdlet: string, convert: (row: Row, rowNumber: number) => T): AsyncGenerator<readonly T[]> {
    checkNoListing(cmdlet)
    listing = cmdlet
    try {
      let count = 0
      for await (const rows of readPages(channel, everything(cmdlet), options)) {
        yield rows.map((row, index) => convert(row, count + index + 1))
        count += rows.length
      }
    } finally {
      listing = null
    }
  }

  return {
    relay: { fingerprint, version, host, parallel, organization, server, serverSince, serverReason, sendsMail },
    mailboxes: (): AsyncIterable<readonly Mailbox[]> => list('Get-CASMailbox', fromExchangeMailbox),
    records: (): AsyncIterable<readonly EasRecord[]> => {
      return list(deviceCmdlet, (row, rowNumber) => fromExchangeRecord(row, rowNumber, deviceCmdlet))
    },
    async configuration(scope) {
      checkNoListing('The configuration')
      return readConfiguration(channel, welcome.relay, scope, options)
    },
    async findMailboxes(queries) {
      checkNoListing('Some mailboxes')
      return findMailboxes(channel, queries, options)
    },
    async recordsOf(mailboxGuids) {
      checkNoListing('The records of mailboxes')
      return recordsOf(channel, deviceCmdlet, mailboxGuids, options)
    },
    async newRecords(since) {
      checkNoListing('New records')
      return newRecords(channel, deviceCmdlet, since, options)
    },
    async lists(mailboxGuids) {
      checkNoListing('The lists of mailboxes')
      return rereadLists(channel, mailboxGuids, options)
    },
    async policiesOf(mailboxGuids) {
      checkNoListing('The policies of mailboxes')
      return rereadPolicies(channel, mailboxGuids, options)
    },
    change(batchId, commands) {
      const start = () => {
        checkNoListing('A change')
        return channel.start(
          batchId,
          commands.map((command) => toCommand(command, policyDialect)),
        )
      }
      return runChanges(channel, start, options.log)
    },
    sendMail(batchId, mails) {
      return sendMails(channel, mails, (commands) => {
        checkNoListing('A mail')
        if (sendsMail) return channel.start(batchId, commands)
        const remedy = 'give it one with easgate-relay configure, or let a relay that has one be the only one that runs'
        throw new AppError('conflict', `Relay ${host} has no notification account: ${remedy}.`)
      })
    },
    async deviceStatus(of) {
      checkNoListing('The status of a record')
      return readDeviceStatus(channel, dialect, of, options)
    },
    async lastSyncs(mailboxGuids) {
      checkNoListing('The last syncs of mailboxes')
      return readLastSyncs(channel, dialect, mailboxGuids, options)
    },
    async destroy(batchId, command) {
      checkNoListing('A device action')
      return destroyDevice(channel, command.id, () => channel.start(batchId, [toDestroyCommand(command, dialect)]))
    },
  }
}

/** Without ResultSize the server stops at 1000 (facts A2, A6). */
function everything(cmdlet: string): ReadCommand {
  return { cmdlet, parameters: { ResultSize: 'Unlimited' } }
}
