/** Parameter binding as PowerShell does it: names without case, types checked, required ones present. Pure. */
import { accessLevels, characteristics } from './accessState.ts'
import { isListChange, isTexts } from './applyEdit.ts'
import { errors } from './cmdletError.ts'
import type { Cmdlet, Kind } from './cmdlet.ts'

const common: Readonly<Record<string, Kind>> = {
  Confirm: 'flag',
  ErrorAction: 'setting',
  WarningAction: 'setting',
  Verbose: 'flag',
}

/** Returns the parameters under their canonical names. `visible` are the names that exist in this dialect and for this account. */
export function bindParameters(
  given: Readonly<Record<string, unknown>>,
  cmdlet: Cmdlet,
  visible: readonly string[],
): Record<string, unknown> {
  const bound: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    const canonical = [...visible, ...Object.keys(common)].find((known) => known.toLowerCase() === name.toLowerCase())
    if (canonical === undefined) throw errors.parameterHidden(name)
    bound[canonical] = convert(canonical, cmdlet.parameters[canonical] ?? common[canonical] ?? 'setting', value)
  }
  for (const name of cmdlet.required ?? []) {
    if (!Object.hasOwn(bound, name)) {
      throw errors.badParameter(
        `Cannot process command because of a missing mandatory parameter: ${name}.`,
        'MissingMandatoryParameter',
      )
    }
  }
  return bound
}

const enumerations: Partial<Record<Kind, readonly string[]>> = {
  level: accessLevels,
  characteristic: characteristics,
}

function convert(name: string, kind: Kind, value: unknown): unknown {
  const allowed = enumerations[kind]
  if (allowed) {
    const member = allowed.find((candidate) => candidate.toLowerCase() === String(value).toLowerCase())
    return member ?? refuse(name, value)
  }
  if (kind === 'setting') return value
  if (kind === 'flag') return typeof value === 'boolean' ? value : refuse(name, value)
  if (kind === 'text') return value === null || typeof value === 'string' ? value : refuse(name, value)
  if (kind === 'resultSize') return isResultSize(value) ? value : refuse(name, value)
  const list = typeof value === 'string' ? [value] : value
  const isGood = kind === 'edit' ? isListChange(list) : list === null || isTexts(list)
  return isGood ? list : refuse(name, value)
}

function refuse(name: string, value: unknown): never {
  const shown = JSON.stringify(value)
  throw errors.badParameter(
    `Cannot convert value ${shown} to the type of parameter '${name}'.`,
    'CannotConvertArgumentNoMessage',
  )
}

function isResultSize(value: unknown): boolean {
  return value === 'Unlimited' || (typeof value === 'number' && Number.isInteger(value) && value > 0)
}
