/** A change in the words of the product as one cmdlet with its parameters. Pure. */
import { checkCommand, noAllowances, type Command } from '../../protocol/checkCommand.ts'
import { policyName, type Dialect } from '../../protocol/mailboxPolicy.ts'
import type { AccessLevel } from '../core/types.ts'
import { AppError } from '../errors.ts'
import type { ChangeCommand } from '../ports.ts'

/*
 *   lists         Set-CASMailbox -ActiveSyncAllowedDeviceIDs @{Add;Remove} -ActiveSyncBlockedDeviceIDs @{Add;Remove}
 *   assignPolicy  Set-CASMailbox -ActiveSyncMailboxPolicy; $null is Exchange's default
 *   defaultLevel  Set-ActiveSyncOrganizationSettings -DefaultAccessLevel
 *   newRule       New-ActiveSyncDeviceAccessRule
 *   setRule       Set-ActiveSyncDeviceAccessRule
 *   removeRule    Remove-ActiveSyncDeviceAccessRule
 *   userMailInsert, adminMailRecipients   Set-ActiveSyncOrganizationSettings -UserMailInsert, -AdminMailRecipients
 *   newPolicy, setPolicy, removePolicy    New-, Set-, Remove-MobileDeviceMailboxPolicy; …-ActiveSyncMailboxPolicy on Exchange 2010
 */
/** Throws AppError internal for a change that must never be sent: one that changes nothing, contradicts itself, or is off the closed list. */
export function toCommand(change: ChangeCommand, dialect: Dialect): Command {
  const command = { id: change.id, ...cmdletOf(change, dialect) }
  try {
    checkCommand(command, noAllowances)
  } catch (cause) {
    throw internal(change, cause instanceof Error ? cause.message : String(cause), cause)
  }
  return command
}

function cmdletOf(change: ChangeCommand, dialect: Dialect): Omit<Command, 'id'> {
  if (change.kind === 'lists') return setLists(change)
  if (change.kind === 'assignPolicy') {
    const parameters = { Identity: change.mailboxGuid, ActiveSyncMailboxPolicy: change.policy }
    return { cmdlet: 'Set-CASMailbox', parameters }
  }
  if (change.kind === 'newPolicy' || change.kind === 'setPolicy' || change.kind === 'removePolicy') {
    return policyCommand(change, dialect)
  }
  if (change.kind === 'userMailInsert') return setOrganization({ UserMailInsert: change.text })
  if (change.kind === 'adminMailRecipients') return setOrganization({ AdminMailRecipients: change.addresses })
  if (change.kind === 'defaultLevel') {
    return setOrganization({ DefaultAccessLevel: levels[change.level] })
  }
  if (change.kind === 'newRule') {
    const { queryString: QueryString, characteristic: Characteristic, level } = change
    const parameters = { QueryString, Characteristic, AccessLevel: levels[level] }
    return { cmdlet: 'New-ActiveSyncDeviceAccessRule', parameters }
  }
  if (change.kind === 'setRule') {
    const parameters = { Identity: change.guid, AccessLevel: levels[change.level] }
    return { cmdlet: 'Set-ActiveSyncDeviceAccessRule', parameters }
  }
  return { cmdlet: 'Remove-ActiveSyncDeviceAccessRule', parameters: { Identity: change.guid } }
}

function setOrganization(parameters: Command['parameters']): Omit<Command, 'id'> {
  return { cmdlet: 'Set-ActiveSyncOrganizationSettings', parameters }
}

function policyCommand(
  change: Extract<ChangeCommand, { kind: 'newPolicy' | 'setPolicy' | 'removePolicy' }>,
  dialect: Dialect,
): Omit<Command, 'id'> {
  const noun = dialect === 'Mobile' ? 'MobileDeviceMailboxPolicy' : 'ActiveSyncMailboxPolicy'
  if (change.kind === 'removePolicy') return { cmdlet: `Remove-${noun}`, parameters: { Identity: change.guid } }
  const properties = Object.entries(change.properties).flatMap(([name, value]) =>
    // The older cmdlets know no null
    value === null && dialect === 'ActiveSync' ? [] : [[policyName(name, dialect), value] as const],
  )
  const parameters = Object.fromEntries(properties)
  if (change.kind === 'newPolicy') return { cmdlet: `New-${noun}`, parameters: { Name: change.name, ...parameters } }
  return { cmdlet: `Set-${noun}`, parameters: { Identity: change.guid, ...parameters } }
}

const levels: Readonly<Record<AccessLevel, string>> = { allow: 'Allow', block: 'Block', quarantine: 'Quarantine' }

function setLists(change: Extract<ChangeCommand, { kind: 'lists' }>): Omit<Command, 'id'> {
  const allowed = editOf(change, change.addAllowed, change.removeAllowed)
  const blocked = editOf(change, change.addBlocked, change.removeBlocked)
  if (!allowed && !blocked) throw internal(change, 'it changes neither list')
  return {
    cmdlet: 'Set-CASMailbox',
    parameters: {
      Identity: change.mailboxGuid,
      ...(allowed ? { ActiveSyncAllowedDeviceIDs: allowed } : {}),
      ...(blocked ? { ActiveSyncBlockedDeviceIDs: blocked } : {}),
    },
  }
}

function editOf(change: ChangeCommand, add: readonly string[], remove: readonly string[]) {
  const removed = new Set(remove)
  const both = add.find((id) => removed.has(id))
  if (both !== undefined) throw internal(change, `it adds ${both} to a list and removes it from the same`)
  if (add.length === 0 && remove.length === 0) return undefined
  return { ...(add.length > 0 ? { Add: add } : {}), ...(remove.length > 0 ? { Remove: remove } : {}) }
}

function internal(change: ChangeCommand, why: string, cause?: unknown): AppError {
  const message = `Command ${change.id} (${change.kind}) must not be sent: ${why}. Nothing of its batch was sent.`
  return new AppError('internal', message, { cause })
}
