/** A row of Get-MobileDevice or Get-ActiveSyncDevice as an EAS record. Pure. */
import type { Row } from '../../protocol/messages.ts'
import type { AccessState, EasRecord } from '../core/types.ts'
import { enumOf, guidOf, textOf, timeOf } from './exchangeValue.ts'
import { missingProperty } from './missingProperty.ts'

/** Throws AppError incompleteInventory when the row has no Guid or no DN that lies below a mailbox. A record without DeviceId has the id ''. */
export function fromExchangeRecord(row: Row, rowNumber: number, cmdlet: string): EasRecord {
  const guid = guidOf(row)
  const mailboxDn = mailboxDnOf(textOf(row, 'DistinguishedName') ?? '')
  if (guid === null) throw missingProperty(cmdlet, rowNumber, 'Guid')
  if (mailboxDn === null) throw missingProperty(cmdlet, rowNumber, 'DistinguishedName below a mailbox')
  return {
    guid,
    mailboxDn,
    deviceId: deviceIdOf(row),
    deviceType: textOf(row, 'DeviceType'),
    deviceModel: textOf(row, 'DeviceModel'),
    deviceOs: textOf(row, 'DeviceOS'),
    userAgent: textOf(row, 'DeviceUserAgent'),
    clientType: textOf(row, 'ClientType'),
    firstSync: timeOf(row, 'FirstSyncTime'),
    state: stateOf(row),
    stateReason: enumOf(row, 'DeviceAccessStateReason', reasons),
  }
}

// facts A5; the place in the list is the number of the value
const states = ['Unknown', 'Allowed', 'Blocked', 'Quarantined', 'DeviceDiscovery']
const reasons =
  'Unknown Global Individual DeviceRule Upgrade Policy UserAgentsChanges RecentCommands Watsons OutOfBudgets SyncCommands EnableNotificationEmail'.split(
    ' ',
  )

const stateByName: Readonly<Record<string, AccessState>> = {
  Allowed: 'allowed',
  Blocked: 'blocked',
  Quarantined: 'quarantined',
  DeviceDiscovery: 'deviceDiscovery',
}

function stateOf(row: Row): AccessState {
  return stateByName[enumOf(row, 'DeviceAccessState', states) ?? ''] ?? 'unknown'
}

/** As the device spells it, spaces and all: Exchange compares it with the lists. */
function deviceIdOf(row: Row): string {
  const value = row['DeviceId']
  return typeof value === 'string' && value.trim() !== '' ? value : (textOf(row, 'DeviceId') ?? '')
}

/**
 * `CN=iPhone§Appl1,CN=ExchangeActiveSyncDevices,CN=Gomes\, Ana,OU=Users,DC=contoso,DC=com` without its first two parts (facts A4). A comma
 * behind a backslash belongs to its part. null when nothing is left.
 */
function mailboxDnOf(dn: string): string | null {
  const rest = /^(?:(?:[^\\,]|\\.)*,){2}(.+)$/s.exec(dn)?.[1]?.trim()
  return rest ? rest : null
}
