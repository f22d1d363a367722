/** Which lines of the relay's log become entries of the Windows Event Log, and under which id. Pure. The ids are fixed: monitoring rules name them. */
import { cmdletNames, oneName, serverName, word } from './eventText.ts'

export type EventLevel = 'Information' | 'Warning' | 'Error'

/** A line of the log. */
export type LogFields = Readonly<Record<string, unknown>>

export interface EventRow {
  readonly id: number
  /** The `event` of the line. */
  readonly event: string
  readonly level: EventLevel
  /** For lines of the same event that say different things. */
  readonly when?: (fields: LogFields) => boolean
  /** What happened. Only names of servers and cmdlets, versions, fingerprints and categories: no person, no message from elsewhere. */
  readonly what: (fields: LogFields) => string
  readonly remedy?: string
}

const denied = new Set<unknown>([401, 403, 404])
const unproven = new Set<unknown>(['unsigned', 'unknownKey', 'badSignature'])
const status = 'run: easgate-relay status'
const check = 'run: easgate-relay check'

/** An id, once given, keeps its meaning for ever; docs/relay.md shows this table. */
export const eventTable: readonly EventRow[] = [
  {
    id: 1000,
    event: 'relay.starting',
    level: 'Information',
    what: ({ version, connectorId, fingerprint }) =>
      `The relay has started: version ${oneName(version)}, connector ${oneName(connectorId)}, key ${oneName(fingerprint)}.`,
  },
  { id: 1001, event: 'relay.stopped', level: 'Information', what: () => 'The relay was told to stop and has stopped.' },
  {
    id: 1002,
    event: 'relay.crashed',
    level: 'Error',
    what: () => 'The relay ended by a fault of its own.',
    remedy: 'It is started again within a minute. Send the entry relay.crashed of the log to support.',
  },
  {
    id: 1003,
    event: 'relay.startFailed',
    level: 'Error',
    what: () => 'The relay could not start; it is tried again.',
    remedy: `The log says why. Repair it, or run: easgate-relay configure. Then ${check}`,
  },
  {
    id: 1010,
    event: 'relay.connected',
    level: 'Information',
    what: () => 'The relay is connected to easgate through the rendezvous.',
  },
  {
    id: 1011,
    event: 'relay.cloud.unreachable',
    level: 'Error',
    what: () =>
      'The relay has had no connection to easgate for several minutes. No device is allowed or blocked meanwhile.',
    remedy: `Check the firewall and the proxy: the relay connects out on port 443 only. Then ${check}`,
  },
  {
    id: 1012,
    event: 'relay.cloud.reachable',
    level: 'Information',
    what: () => 'The relay is connected to easgate again.',
  },
  {
    id: 1013,
    event: 'relay.channel.down',
    level: 'Error',
    when: ({ status: answer }) => denied.has(answer),
    what: ({ status: answer }) => `The rendezvous refuses this relay (HTTP ${word(answer)}).`,
    remedy: `401: the key is wrong or the clock is. 403: the key may not listen. 404: the address is wrong. Get a new join file, then ${check}`,
  },
  {
    id: 1020,
    event: 'relay.server.failedOver',
    level: 'Warning',
    what: ({ from, to }) => `Exchange server ${serverName(from)} failed; the relay uses ${serverName(to)} now.`,
    remedy: 'Look after that server. The relay goes back by itself when it answers.',
  },
  {
    id: 1021,
    event: 'relay.server.returned',
    level: 'Information',
    what: ({ to }) => `The relay uses its first Exchange server ${serverName(to)} again.`,
  },
  {
    id: 1022,
    event: 'relay.powershell.open',
    level: 'Information',
    what: ({ server }) => `The relay has a session to Exchange on ${serverName(server)}.`,
  },
  {
    id: 1023,
    event: 'relay.powershell.failed',
    level: 'Warning',
    what: () => 'The PowerShell process of the relay failed, or opened no session to Exchange. It is started again.',
    remedy: `If this repeats, ${check}`,
  },
  {
    id: 1030,
    event: 'relay.credential.refused',
    level: 'Error',
    what: ({ server }) => `Exchange server ${serverName(server)} refuses the account of the relay.`,
    remedy: `Has its password changed, is it locked or disabled? Run: easgate-relay configure. Then ${check}`,
  },
  {
    id: 1040,
    event: 'relay.permission.missing',
    level: 'Error',
    what: ({ missing }) => `The account of the relay may not use: ${cmdletNames(missing)}.`,
    remedy: `Run New-EasgateRoleGroup.ps1 in the Exchange Management Shell and add the account to the group. Then ${check}`,
  },
  {
    id: 1050,
    event: 'relay.mail.failed',
    level: 'Warning',
    what: ({ category }) => `A notification mail could not be sent. Category: ${word(category)}.`,
    remedy: `Check the notification account and its mailbox. Then ${check}`,
  },
  {
    id: 1060,
    event: 'relay.retired',
    level: 'Error',
    what: ({ by }) =>
      by === null
        ? 'This relay is retired: an administrator of easgate retired its connector.'
        : `This relay is retired: connector ${oneName(by)} serves the Exchange organization now.`,
    remedy:
      'Uninstall this relay (easgate-relay uninstall), or join it again (easgate-relay join) if it is the one that is to serve.',
  },
  {
    id: 1070,
    event: 'relay.log.fileFailed',
    level: 'Warning',
    what: () => 'The log file of the relay cannot be written. The relay works on without it.',
    remedy: 'Free the disk, and let the account of the relay write in the folder of log.file.',
  },
  {
    id: 1080,
    event: 'relay.refused',
    level: 'Warning',
    when: ({ code }) => unproven.has(code),
    what: ({ code }) =>
      `The relay refused a batch that easgate's key did not sign (${word(code)}). Nothing of it was run.`,
    remedy: `If the signing key was changed, get a new join file. If not, somebody else has a key of the rendezvous: renew it. See also ${status}`,
  },
  {
    id: 1081,
    event: 'relay.accept.foreign',
    level: 'Error',
    what: () => 'The rendezvous named an address outside its own domain; the relay did not connect to it.',
    remedy: 'It may be forged. Check that no device between this server and the internet opens TLS connections.',
  },
]
