/** Get-ActiveSyncDeviceStatistics and Get-MobileDeviceStatistics: the partnership seen from the mailbox (facts A3). */
import { errors } from '../cmdletError.ts'
import { textOf, type Call, type Cmdlet, type Kind } from '../cmdlet.ts'
import type { Device } from '../devices.ts'
import { deviceView } from '../deviceView.ts'
import { utcOrNull } from '../utc.ts'
import { print, type View } from '../view.ts'
import { candidates } from './device.ts'

const parameters: Readonly<Record<string, Kind>> = {
  Identity: 'text',
  Mailbox: 'text',
  GetMailboxLog: 'flag',
  NotificationEmailAddresses: 'texts',
  ShowRecoveryPassword: 'flag',
  DomainController: 'text',
}

export const getActiveSyncDeviceStatistics: Cmdlet = {
  parameters,
  age: 'deprecated',
  run: (call) => {
    if (textOf(call, 'Identity') === undefined && textOf(call, 'Mailbox') === undefined) {
      throw errors.badParameter(
        'Cannot process command because of a missing mandatory parameter: Identity.',
        'MissingMandatoryParameter',
      )
    }
    return print(statisticsView(call), candidates(call), call.returns)
  },
}

export const getMobileDeviceStatistics: Cmdlet = {
  ...getActiveSyncDeviceStatistics,
  parameters: { ...parameters, ActiveSync: 'flag', OWAforDevices: 'flag', RestApi: 'flag', UniversalOutlook: 'flag' },
  age: 'since2013',
}

const times =
  'LastPolicyUpdateTime LastSyncAttemptTime LastSuccessSync DeviceWipeSentTime DeviceWipeRequestTime DeviceWipeAckTime AccountOnlyDeviceWipeSentTime AccountOnlyDeviceWipeRequestTime AccountOnlyDeviceWipeAckTime'

// What the device itself has and its statistics have not.
const absent = Object.fromEntries(
  ['DeviceId', 'DistinguishedName', 'Name', 'UserDisplayName', 'WhenChangedUTC'].map((name) => [name, () => undefined]),
)

function stated(name: string, otherwise: unknown): (device: Device) => unknown {
  return (device) => device.stated[name] ?? otherwise
}

function statisticsView(call: Call): View<Device> {
  return {
    stated: (object) => object.stated,
    known: {
      ...deviceView(call.exchange).known,
      ...absent,
      ...Object.fromEntries(times.split(' ').map((name) => [name, (object: Device) => utcOrNull(object.stated[name])])),
      DeviceID: (object) => object.stated.DeviceId ?? null,
      Status: stated('Status', 'DeviceOk'),
      NumberOfFoldersSynced: stated('NumberOfFoldersSynced', null),
      DevicePolicyApplied: stated('DevicePolicyApplied', call.exchange.policies.default?.name ?? null),
    },
  }
}
