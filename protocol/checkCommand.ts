/** Checks one command against the closed list: the last gate before Exchange. Pure. */
import * as z from 'zod'
import { commandSpec, type CommandSpec } from './commands.ts'
import { Refusal } from './refusal.ts'
import type { ParameterValue } from './values.ts'

/** One cmdlet with its parameters. `id` is unique in its batch. */
export interface Command {
  readonly id: string
  readonly cmdlet: string
  readonly parameters: Readonly<Record<string, ParameterValue>>
}

/** What a relay's own configuration allows beyond reading and changing. */
export interface Allowances {
  /** Clear-…Device: a remote wipe. */
  readonly wipe: boolean
  /** Remove-…Device: ends a partnership. */
  readonly removePartnership: boolean
  /** Send-EasgateMail: there is a notification account. */
  readonly mail: boolean
}

export const noAllowances: Allowances = { wipe: false, removePartnership: false, mail: false }

/**
 * Throws a Refusal (unknownCmdlet, notAllowed, unknownParameter, wrongType) that names the cmdlet, the parameter and the remedy;
 * returns the spec when the command may run.
 */
export function checkCommand(command: Command, allowed: Allowances): CommandSpec {
  const spec = commandSpec(command.cmdlet)
  if (!spec) throw new Refusal('unknownCmdlet', `${command.cmdlet} is not on easgate's closed list of cmdlets`)
  checkAllowed(command.cmdlet, spec, allowed)
  for (const [name, value] of Object.entries(command.parameters)) checkParameter(command.cmdlet, spec, name, value)
  for (const name of spec.required) {
    if (!Object.hasOwn(command.parameters, name)) throw new Refusal('wrongType', `${command.cmdlet} needs -${name}`)
  }
  return spec
}

function checkAllowed(cmdlet: string, spec: CommandSpec, allowed: Allowances): void {
  if (spec.kind === 'mail' && !allowed.mail) {
    throw new Refusal(
      'notAllowed',
      `${cmdlet}: this relay has no notification account; an administrator of the relay runs easgate-relay configure, or adds "mail" to its configuration`,
    )
  }
  if (spec.kind !== 'destroy') return
  const name = cmdlet.startsWith('Clear-') ? 'wipe' : 'removePartnership'
  if (!allowed[name]) {
    throw new Refusal(
      'notAllowed',
      `${cmdlet} is switched off on this relay; an administrator of the relay sets "allow": { "${name}": true } in its configuration`,
    )
  }
}

function checkParameter(cmdlet: string, spec: CommandSpec, name: string, value: unknown): void {
  const type = Object.hasOwn(spec.parameters, name) ? spec.parameters[name] : undefined
  if (!type) throw new Refusal('unknownParameter', `${cmdlet} has no parameter -${name} on easgate's closed list`)
  const result = type.safeParse(value)
  if (!result.success) throw new Refusal('wrongType', `${cmdlet} -${name}: ${z.prettifyError(result.error)}`)
}
