/** Get-ExchangeServer, Get-Recipient and Get-ActiveSyncDeviceClass (facts/exchange-and-graph.md A7, A9). */
import { one, textOf, type Call, type Cmdlet } from '../cmdlet.ts'
import type { Filterable } from '../compileFilter.ts'
import type { Mailbox } from '../mailboxes.ts'
import { recipientFilter, recipientView, searchedAddresses } from '../mailboxView.ts'
import { inOrganizationalUnit, query } from '../query.ts'
import type { Server } from '../servers.ts'
import { utcOrNull } from '../utc.ts'
import { print, reader, type View } from '../view.ts'

export const getExchangeServer: Cmdlet = {
  parameters: { Identity: 'text', Domain: 'text', Status: 'flag', DomainController: 'text' },
  run: (call) => print(serverView, servers(call), call.returns),
}

export const getRecipient: Cmdlet = {
  parameters: {
    Identity: 'text',
    Filter: 'text',
    ResultSize: 'resultSize',
    SortBy: 'text',
    OrganizationalUnit: 'text',
    Anr: 'text',
    RecipientType: 'texts',
    RecipientTypeDetails: 'texts',
    DomainController: 'text',
  },
  run: (call) => query(call, recipientView, recipients(call), recipientFilter, searchedAddresses(recipientView)),
}

export const getDeviceClass: Cmdlet = {
  parameters: { Identity: 'text', Filter: 'text', SortBy: 'text', DomainController: 'text' },
  run: (call) =>
    query(
      { ...call, parameters: { ...call.parameters, ResultSize: 'Unlimited' } },
      classView,
      classes(call),
      classFilter,
    ),
}

const serverView: View<Server> = { stated: (server) => server, known: {} }

function servers(call: Call): readonly Server[] {
  const { servers } = call.exchange
  const [identity, domain] = [textOf(call, 'Identity')?.toLowerCase(), textOf(call, 'Domain')?.toLowerCase()]
  if (identity !== undefined) {
    const found = servers.filter((server) =>
      [server.Name, server.Fqdn, server.Guid].some((name) => name.toLowerCase() === identity),
    )
    return [one(found, identity, call.exchange)]
  }
  return servers.filter((server) => domain === undefined || server.Fqdn.toLowerCase().endsWith(`.${domain}`))
}

function* recipients(call: Call): Generator<Mailbox> {
  const { exchange } = call
  const identity = textOf(call, 'Identity')
  const found =
    identity === undefined ? exchange.mailboxes.all() : [one(exchange.mailboxes.find(identity), identity, exchange)]
  const isInUnit = inOrganizationalUnit(call)
  const anr = textOf(call, 'Anr')?.toLowerCase()
  const isType = ofType(call, 'RecipientType')
  const isDetail = ofType(call, 'RecipientTypeDetails')
  for (const mailbox of found) {
    if (!isInUnit(mailbox.identity) || !isType(mailbox) || !isDetail(mailbox)) continue
    if (anr === undefined || anrTexts(mailbox).some((text) => text.toLowerCase().startsWith(anr))) yield mailbox
  }
}

function ofType(call: Call, property: 'RecipientType' | 'RecipientTypeDetails'): (mailbox: Mailbox) => boolean {
  const wanted = call.parameters[property]
  if (!Array.isArray(wanted) || wanted.length === 0) return () => true
  const names = new Set(wanted.map((name) => String(name).toLowerCase()))
  return (mailbox) => names.has(String(reader(recipientView, property)(mailbox)).toLowerCase())
}

// Ambiguous name resolution: the beginning of a name, alias or address.
function anrTexts(mailbox: Mailbox): string[] {
  const texts = ['Name', 'DisplayName', 'Alias', 'PrimarySmtpAddress'].map((name) =>
    reader(recipientView, name)(mailbox),
  )
  return texts.filter((text) => typeof text === 'string')
}

interface DeviceClass {
  readonly DeviceType: string | null
  readonly DeviceModel: string | null
  readonly LastUpdateTime: string | null
}

const classView: View<DeviceClass> = {
  stated: () => ({}),
  known: {
    Name: (found) => `${found.DeviceType ?? ''}§${found.DeviceModel ?? ''}`,
    DeviceType: (found) => found.DeviceType,
    DeviceModel: (found) => found.DeviceModel,
    LastUpdateTime: (found) => utcOrNull(found.LastUpdateTime),
  },
}
const classFilter: Filterable = { DeviceType: 'text', DeviceModel: 'text', LastUpdateTime: 'date' }

// The families and models seen: those of the devices, and any that the world adds.
function classes(call: Call): Iterable<DeviceClass> {
  const { exchange } = call
  const seen = new Map<string, DeviceClass>()
  const devices = [...exchange.devices.all()].map(({ stated, firstSyncTime }) => ({
    ...stated,
    LastUpdateTime: firstSyncTime,
  }))
  for (const { DeviceType = null, DeviceModel = null, LastUpdateTime = null } of [
    ...exchange.deviceClasses,
    ...devices,
  ]) {
    const key = `${DeviceType ?? ''}§${DeviceModel ?? ''}`.toLowerCase()
    if (key !== '§' && !seen.has(key)) seen.set(key, { DeviceType, DeviceModel, LastUpdateTime })
  }
  return seen.values()
}
