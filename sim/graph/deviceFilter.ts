/** What `$filter` does on managedDevices: far less than it says. Pure. */
import { lowerText } from './lowerText.ts'
import { parseFilter, type Comparison, type Filter } from './parseFilter.ts'
import { valueOf } from './unset.ts'
import type { GraphObject } from './world.ts'

/*
 *  property                                   | works with        (facts D2)
 *  -------------------------------------------+----------------------------
 *  azureADDeviceId                            | eq; of several joined by `or` only the first counts
 *  the three dates                            | lt, gt
 *  the enums and texts of the third group     | eq, `or` among themselves
 *  deviceName, model                          | eq, contains
 *  emailAddress, osVersion, phoneNumber       | contains
 *  userPrincipalName                          | eq, ne; eq '' finds everything
 *  anything else                              | the WHOLE filter is ignored, without a word
 */
const dates = ['lastSyncDateTime', 'enrolledDateTime', 'complianceGracePeriodExpirationDateTime']
const choices = [
  'complianceState',
  'managementAgent',
  'managementState',
  'exchangeAccessState',
  'operatingSystem',
  'manufacturer',
  'serialNumber',
  'imei',
  'jailBroken',
  'deviceCategoryDisplayName',
]
const operators: Readonly<Record<string, readonly string[]>> = {
  azureADDeviceId: ['eq'],
  ...Object.fromEntries(dates.map((name) => [name, ['lt', 'gt']])),
  ...Object.fromEntries(choices.map((name) => [name, ['eq']])),
  deviceName: ['eq', 'contains'],
  model: ['eq', 'contains'],
  emailAddress: ['contains'],
  osVersion: ['contains'],
  phoneNumber: ['contains'],
  userPrincipalName: ['eq', 'ne'],
}

export type DeviceFilter = {
  readonly fits: (device: GraphObject) => boolean
  /** Set where only devices with this azureADDeviceId can fit. */
  readonly azureADDeviceId?: string
}

/** Null: everything comes back, as for a filter that Graph does not know. */
export function deviceFilter(text: string): DeviceFilter | null {
  const filter = parseFilter(text)
  const fits = filter === null ? null : predicate(filter)
  if (filter === null || fits === null) return null
  const first = filter.kind === 'or' ? filter.parts[0] : filter
  const isById = first?.kind === 'compare' && first.property === 'azureADDeviceId'
  return isById ? { fits, azureADDeviceId: first.values[0] ?? '' } : { fits }
}

function predicate(filter: Filter): DeviceFilter['fits'] | null {
  if (filter.kind === 'compare') return comparison(filter)
  if (filter.kind === 'or') return either(filter.parts)
  const parts = filter.parts.map(predicate)
  const known = parts.filter((part) => part !== null)
  return known.length < parts.length ? null : (device) => known.every((fits) => fits(device))
}

function either(parts: readonly Filter[]): DeviceFilter['fits'] | null {
  const compared = parts.filter((part) => part.kind === 'compare')
  const [first] = compared
  if (first === undefined || compared.length < parts.length) return null
  if (compared.some(({ property, op }) => property !== first.property || op !== 'eq')) return null
  if (first.property === 'azureADDeviceId') return comparison(first)
  if (!choices.includes(first.property)) return null
  const known = compared.map(comparison).filter((part) => part !== null)
  return (device) => known.some((fits) => fits(device))
}

function comparison({ property, op, values, isQuoted }: Comparison): DeviceFilter['fits'] | null {
  const wanted = (values[0] ?? '').toLowerCase()
  if (operators[property]?.includes(op) !== true || isQuoted === dates.includes(property)) return null
  const textOf = (device: GraphObject): string => lowerText(valueOf('managedDevices', device, property))
  if (dates.includes(property)) {
    const limit = Date.parse(wanted)
    if (Number.isNaN(limit)) return null
    return (device) => (op === 'gt' ? Date.parse(textOf(device)) > limit : Date.parse(textOf(device)) < limit)
  }
  if (op === 'contains') return (device) => textOf(device).includes(wanted)
  if (op === 'ne') return (device) => textOf(device) !== wanted
  if (property === 'userPrincipalName' && wanted === '') return () => true
  return (device) => textOf(device) === wanted
}
