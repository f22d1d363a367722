/** Get-, Clear- and Remove-ActiveSyncDevice and -MobileDevice (facts/exchange-and-graph.md A2, A9). */
import { errors } from '../cmdletError.ts'
import { identityOf, one, textOf, type Call, type Cmdlet, type Kind } from '../cmdlet.ts'
import type { Filterable } from '../compileFilter.ts'
import type { Device } from '../devices.ts'
import { deviceView } from '../deviceView.ts'
import { inOrganizationalUnit, query } from '../query.ts'

// Facts A2: the whole list. WhenChangedUTC is not on it.
const texts =
  'DeviceAccessControlRule DeviceActiveSyncVersion DeviceId DeviceImei DeviceMobileOperator DeviceModel DeviceOS DeviceOSLanguage DeviceTelephoneNumber DeviceType DeviceUserAgent FriendlyName ProvisioningFlags UserDisplayName'
const filterable: Filterable = {
  ...Object.fromEntries(texts.split(' ').map((name) => [name, 'text' as const])),
  ClientType: 'exact',
  DeviceAccessState: 'exact',
  DeviceAccessStateReason: 'exact',
  FirstSyncTime: 'date',
}

// The switches of Get-MobileDevice, and the client type that each asks for.
const clientTypes = { ActiveSync: 'EAS', OWAforDevices: 'MOWA', RestApi: 'REST', UniversalOutlook: 'UniversalOutlook' }
const clientSwitches = Object.fromEntries(Object.keys(clientTypes).map((name) => [name, 'flag' as const]))

const listing: Readonly<Record<string, Kind>> = {
  Identity: 'text',
  Mailbox: 'text',
  Filter: 'text',
  ResultSize: 'resultSize',
  SortBy: 'text',
  OrganizationalUnit: 'text',
  Monitoring: 'flag',
  DomainController: 'text',
}

export const getActiveSyncDevice: Cmdlet = {
  parameters: listing,
  since2013: ['Monitoring'],
  age: 'deprecated',
  run: (call) => query(call, deviceView(call.exchange), candidates(call), filterable),
}

export const getMobileDevice: Cmdlet = {
  ...getActiveSyncDevice,
  parameters: { ...listing, ...clientSwitches },
  age: 'since2013',
}

const write: Readonly<Record<string, Kind>> = { Identity: 'text', DomainController: 'text' }

export const removeDevice: Cmdlet = {
  parameters: write,
  required: ['Identity'],
  run: (call) => {
    call.exchange.devices.remove(deviceOf(call).guid)
    return []
  },
}

export const clearDevice: Cmdlet = {
  parameters: { ...write, Cancel: 'flag', NotificationEmailAddresses: 'texts' },
  required: ['Identity'],
  run: (call) => {
    const device = deviceOf(call)
    const kind = call.parameters['AccountOnly'] === true ? 'AccountOnlyDeviceWipe' : 'DeviceWipe'
    const isCancelled = call.parameters['Cancel'] === true
    const at = call.exchange.time()
    const Status = isCancelled ? 'DeviceOk' : `${kind}Pending`
    const requested = { [`${kind}RequestTime`]: isCancelled ? null : at, Status }
    call.exchange.devices.put({ ...requested, Guid: device.guid }, at)
    return []
  },
}

export const clearMobileDevice: Cmdlet = {
  ...clearDevice,
  parameters: { ...clearDevice.parameters, AccountOnly: 'flag' },
  age: 'since2013',
}

/** The devices that -Identity, -Mailbox or neither names. */
export function* candidates(call: Call): Generator<Device> {
  const { parameters } = call
  const wanted = Object.entries(clientTypes).find(([name]) => parameters[name] === true)?.[1]
  const isInUnit = inOrganizationalUnit(call)
  for (const device of named(call)) {
    if (wanted !== undefined && (device.stated.ClientType ?? 'EAS') !== wanted) continue
    if (!isInUnit(device.mailbox.identity)) continue
    yield device
  }
}

function named(call: Call): Iterable<Device> {
  const { exchange } = call
  const [identity, owner] = [textOf(call, 'Identity'), textOf(call, 'Mailbox')]
  if (identity !== undefined && owner !== undefined) {
    throw errors.badParameter(
      'Parameter set cannot be resolved using the specified named parameters.',
      'AmbiguousParameterSet',
    )
  }
  if (identity !== undefined) return [one(exchange.devices.find(identity), identity, exchange)]
  if (owner !== undefined) return one(exchange.mailboxes.find(owner), owner, exchange).devices
  return exchange.devices.all()
}

function deviceOf(call: Call): Device {
  const identity = identityOf(call)
  return one(call.exchange.devices.find(identity), identity, call.exchange)
}
