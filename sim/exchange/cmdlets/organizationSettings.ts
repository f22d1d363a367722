/** Get- and Set-ActiveSyncOrganizationSettings (facts/exchange-and-graph.md A7). */
import { errors } from '../cmdletError.ts'
import { listChangeOf, textOf, warnUnmodified, type Call, type Cmdlet } from '../cmdlet.ts'
import { applyEdit } from '../applyEdit.ts'
import { escapeValue } from '../distinguishedName.ts'
import type { Exchange } from '../exchange.ts'
import { stableGuid } from '../stableGuid.ts'
import { print, type View } from '../view.ts'

const name = 'Mobile Mailbox Settings'
const longestInsert = 256

export const getOrganizationSettings: Cmdlet = {
  parameters: { Identity: 'text', DomainController: 'text' },
  run: (call) => print(organizationView, [call.exchange], call.returns),
}

export const setOrganizationSettings: Cmdlet = {
  parameters: {
    Identity: 'text',
    DefaultAccessLevel: 'level',
    UserMailInsert: 'text',
    OtaNotificationMailInsert: 'text',
    AdminMailRecipients: 'edit',
    AllowAccessForUnSupportedPlatform: 'flag',
    DomainController: 'text',
  },
  since2013: ['AllowAccessForUnSupportedPlatform'],
  run: (call) => {
    const before = JSON.stringify(settingsOf(call.exchange))
    call.exchange.settings = { ...call.exchange.settings, ...changes(call) }
    if (JSON.stringify(settingsOf(call.exchange)) === before) warnUnmodified(call, name)
    else call.exchange.settingsChangedUtc = call.exchange.time()
    return []
  },
}

/** The one settings object as the cmdlet prints it. */
export const organizationView: View<Exchange> = {
  stated: (exchange) => exchange.settings,
  known: {
    Guid: (exchange) => exchange.settings['Guid'] ?? stableGuid('organization settings'),
    Identity: () => name,
    Name: () => name,
    DistinguishedName: ({ organization, domainDn }) =>
      `CN=${name},CN=${escapeValue(organization)},CN=Microsoft Exchange,CN=Services,CN=Configuration,${domainDn}`,
    OrganizationId: (exchange) => exchange.organization,
    DefaultAccessLevel: (exchange) => settingsOf(exchange).DefaultAccessLevel,
    UserMailInsert: (exchange) => settingsOf(exchange).UserMailInsert,
    OtaNotificationMailInsert: (exchange) => settingsOf(exchange).OtaNotificationMailInsert,
    AdminMailRecipients: (exchange) => settingsOf(exchange).AdminMailRecipients,
    AllowAccessForUnSupportedPlatform: (exchange) => settingsOf(exchange).AllowAccessForUnSupportedPlatform,
    WhenChangedUTC: (exchange) => exchange.settingsChangedUtc,
  },
}

function settingsOf(exchange: Exchange) {
  const { settings } = exchange
  return {
    DefaultAccessLevel: exchange.defaultLevel,
    UserMailInsert: settings.UserMailInsert ?? null,
    OtaNotificationMailInsert: settings.OtaNotificationMailInsert ?? null,
    AdminMailRecipients: settings.AdminMailRecipients ?? [],
    AllowAccessForUnSupportedPlatform: settings['AllowAccessForUnSupportedPlatform'] ?? false,
  }
}

function changes(call: Call): Record<string, unknown> {
  const { exchange, parameters } = call
  const plain = [
    'DefaultAccessLevel',
    'UserMailInsert',
    'OtaNotificationMailInsert',
    'AllowAccessForUnSupportedPlatform',
  ]
  const changed = Object.fromEntries(plain.flatMap((name) => (name in parameters ? [[name, parameters[name]]] : [])))
  for (const name of ['UserMailInsert', 'OtaNotificationMailInsert']) checkInsert(name, textOf(call, name) ?? '')
  const recipients = listChangeOf(call, 'AdminMailRecipients')
  if (recipients === undefined) return changed
  return { ...changed, AdminMailRecipients: applyEdit(exchange.settings.AdminMailRecipients ?? [], recipients) }
}

function checkInsert(name: string, text: string): void {
  if (text.length <= longestInsert) return
  throw errors.validation(
    `The length of the property ${name} is too long. The maximum length is ${longestInsert} and the length of the value provided is ${text.length}.`,
  )
}
