/** What a simulated cmdlet is, and the few things that all of them do. */
import { accessLevels, type AccessLevel } from './accessState.ts'
import { isListChange, type ListChange } from './applyEdit.ts'
import { errors } from './cmdletError.ts'
import type { Exchange } from './exchange.ts'
import type { Row } from './view.ts'

/** edit: a list that is overwritten by an array, cleared by null, or edited with `{ Add, Remove }`. setting: as it comes. */
export type Kind = 'text' | 'texts' | 'flag' | 'resultSize' | 'edit' | 'level' | 'characteristic' | 'setting'

export interface VisibleCmdlet {
  readonly name: string
  readonly parameters: readonly string[]
}

/** One cmdlet being run. */
export interface Call {
  readonly exchange: Exchange
  readonly cmdlet: string
  /** Bound parameters under their canonical names; one that was not given is absent. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly returns: readonly string[] | undefined
  readonly warn: (text: string) => void
  /** What the account may see. */
  readonly visible: () => readonly VisibleCmdlet[]
}

export interface Cmdlet {
  readonly parameters: Readonly<Record<string, Kind>>
  /** Parameters that Exchange 2010 does not have. */
  readonly since2013?: readonly string[]
  readonly required?: readonly string[]
  /** since2013: the cmdlet does not exist in the 2010 dialect. deprecated: since 2013 it warns. */
  readonly age?: 'since2013' | 'deprecated'
  readonly run: (call: Call) => Iterable<Row>
}

/** The one object found, or the error that Exchange gives for none and for several. */
export function one<T>(found: readonly T[], identity: string, exchange: Exchange): T {
  const [first, second] = found
  if (first === undefined) throw errors.notFound(identity, exchange.domainController)
  if (second !== undefined) throw errors.ambiguous(identity)
  return first
}

/** The text of a parameter; undefined when it was not given, is null or is empty (the trap of facts A1: then Get-… means all). */
export function textOf(call: Call, parameter: string): string | undefined {
  const value = call.parameters[parameter]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The change of a list that a parameter asks for; undefined when it was not given. */
export function listChangeOf(call: Call, parameter: string): ListChange | undefined {
  const value = call.parameters[parameter]
  return isListChange(value) ? value : undefined
}

export function levelOf(call: Call, parameter: string): AccessLevel | undefined {
  return accessLevels.find((level) => level === call.parameters[parameter])
}

/** The identity that a changing cmdlet must have. */
export function identityOf(call: Call): string {
  const identity = textOf(call, 'Identity')
  if (identity !== undefined) return identity
  throw errors.badParameter(
    "Cannot bind argument to parameter 'Identity' because it is null.",
    'ParameterArgumentValidationErrorNullNotAllowed',
  )
}

/** issue office-docs-powershell #6969: success, with a warning. */
export function warnUnmodified(call: Call, identity: string): void {
  call.warn(`The command completed successfully but no settings of '${identity}' have been modified.`)
}
