/** The rows of a configuration reading as Exchange's configuration. Pure. */
import type { Row } from '../../protocol/messages.ts'
import { mailboxPolicyParameters, policyName } from '../../protocol/mailboxPolicy.ts'
import type { PolicyProperties, PolicyValue } from '../core/ownConfiguration.ts'
import type { AccessLevel, AccessRule, ExchangeConfiguration } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { enumOf, guidOf, textOf, textsOf } from './exchangeValue.ts'
import { missingProperty } from './missingProperty.ts'

/** What each cmdlet returned. */
export interface ConfigurationRows {
  readonly settings: readonly Row[]
  readonly rules: readonly Row[]
  readonly classes: readonly Row[]
  readonly servers: readonly Row[]
  readonly policies: readonly Row[]
}

/**
 * `organization` is the name that the relay gives; the settings carry none on premises. Throws AppError incompleteInventory when there is not exactly one settings
 * object, or an access level or key of a rule is missing or unknown: a default that is guessed could block everybody.
 */
export function fromExchangeConfiguration(rows: ConfigurationRows, organization: string | null): ExchangeConfiguration {
  const [settings, ...others] = rows.settings
  if (!settings || others.length > 0) {
    throw incomplete(`Get-ActiveSyncOrganizationSettings returned ${rows.settings.length} objects instead of one.`)
  }
  return {
    organization,
    defaultLevel: levelOf(settings, 'DefaultAccessLevel', 'The organization settings'),
    // Not trimmed: it comes back as it was
    userMailInsert: textsOf(settings, 'UserMailInsert')[0] ?? null,
    adminMailRecipients: textsOf(settings, 'AdminMailRecipients'),
    rules: rows.rules.map(ruleOf),
    servers: rows.servers.map((row) => ({
      name: textOf(row, 'Name') ?? textOf(row, 'Fqdn') ?? '',
      fqdn: textOf(row, 'Fqdn'),
      role: textOf(row, 'ServerRole') ?? '',
      version: textOf(row, 'AdminDisplayVersion') ?? '',
    })),
    deviceClasses: deviceClassesOf(rows.classes),
    mailboxPolicies: rows.policies.flatMap((row) => {
      const guid = guidOf(row)
      return guid === null ? [] : [{ guid, name: textOf(row, 'Name') ?? guid, properties: propertiesOf(row) }]
    }),
  }
}

// The place in the list is the number of the value.
const levels = ['Allow', 'Block', 'Quarantine']
const characteristics = ['DeviceType', 'DeviceModel', 'DeviceOS', 'UserAgent', 'XMSWLHeader']
const policyNames = Object.keys(mailboxPolicyParameters('Mobile'))
const levelByName: Readonly<Record<string, AccessLevel>> = { Allow: 'allow', Block: 'block', Quarantine: 'quarantine' }

function ruleOf(row: Row, index: number): AccessRule {
  const guid = guidOf(row)
  // Not trimmed: a rule fits by its exact text.
  const queryString = textsOf(row, 'QueryString')[0]
  const characteristic = enumOf(row, 'Characteristic', characteristics)
  const missing = (property: string) => missingProperty('Get-ActiveSyncDeviceAccessRule', index + 1, property)
  if (guid === null) throw missing('Guid')
  if (queryString === undefined) throw missing('QueryString')
  if (characteristic === null) throw missing('Characteristic')
  return { guid, queryString, characteristic, level: levelOf(row, 'AccessLevel', `Access rule ${guid}`) }
}

/** Under the names of the MobileDevice dialect, whichever the server speaks; what it does not print, or prints as nothing, is missing. */
function propertiesOf(row: Row): PolicyProperties {
  return Object.fromEntries(
    policyNames.flatMap((name): [string, PolicyValue][] => {
      const value = row[name] ?? row[policyName(name, 'ActiveSync')]
      return value === undefined || value === null || !isPolicyValue(value) ? [] : [[name, value]]
    }),
  )
}

function isPolicyValue(value: unknown): value is PolicyValue {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string')
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function levelOf(row: Row, name: string, whose: string): AccessLevel {
  const text = enumOf(row, name, levels)
  const level = levelByName[text ?? '']
  if (!level) throw incomplete(`${whose} came with ${name} "${text ?? ''}", which is none of ${levels.join(', ')}.`)
  return level
}

/** Each pair once: a class says when it was seen last, and may be there several times. */
function deviceClassesOf(rows: readonly Row[]): { type: string; model: string }[] {
  const classes = new Map<string, { type: string; model: string }>()
  for (const row of rows) {
    const [type, model] = [textOf(row, 'DeviceType') ?? '', textOf(row, 'DeviceModel') ?? '']
    if (type !== '' || model !== '') classes.set(JSON.stringify([type, model]), { type, model })
  }
  return [...classes.values()]
}

function incomplete(message: string): AppError {
  return new AppError('incompleteInventory', `${message} Run the cmdlet on the relay's machine and compare.`, {
    retryable: true,
  })
}
