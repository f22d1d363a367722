/** What a batch of changes must be like before it is sent; the product is held to the same rules by the contract suite. */
import { AppError } from '../../functions/errors.ts'
import type { ChangeCommand } from '../../functions/ports.ts'

/** Throws AppError internal: nothing of such a batch is executed. */
export function checkFakeBatch(commands: readonly ChangeCommand[]): void {
  if (commands.length === 0 || commands.length > 500) throw wrong(`${commands.length} commands; allowed are 1 to 500`)
  if (new Set(commands.map((command) => command.id)).size !== commands.length) throw wrong('two commands with one id')
  for (const command of commands) checkFakeCommand(command)
}

function checkFakeCommand(command: ChangeCommand): void {
  if (command.kind === 'defaultLevel') return
  if (command.kind === 'userMailInsert' || command.kind === 'adminMailRecipients') return checkSetting(command)
  if (command.kind === 'newPolicy' || command.kind === 'setPolicy') checkProperties(command.id, command.properties)
  if (command.kind === 'newPolicy') {
    if (command.name.trim() === '') throw wrong(`command ${command.id}: a policy without a name`)
    return
  }
  if (command.kind === 'assignPolicy') {
    if (command.mailboxGuid.trim() === '' || command.policy?.trim() === '')
      throw wrong(`command ${command.id}: a blank identity`)
    return
  }
  if (command.kind === 'newRule') {
    if (command.queryString.trim() === '') throw wrong(`command ${command.id}: a blank query string`)
    return
  }
  const guid = command.kind === 'lists' ? command.mailboxGuid : command.guid
  if (guid.trim() === '') throw wrong(`command ${command.id}: a blank identity`)
  if (command.kind !== 'lists') return
  checkEdit(command.id, command.addAllowed, command.removeAllowed)
  checkEdit(command.id, command.addBlocked, command.removeBlocked)
  const edits = [command.addAllowed, command.removeAllowed, command.addBlocked, command.removeBlocked]
  if (edits.every((ids) => ids.length === 0)) throw wrong(`command ${command.id}: changes no list`)
  if (edits.some((ids) => ids.some((id) => id === '' || id.length > 1024) || ids.length > 1200)) {
    throw wrong(`command ${command.id}: ids of a length or number that cannot be`)
  }
}

function checkSetting(command: Extract<ChangeCommand, { kind: 'userMailInsert' | 'adminMailRecipients' }>): void {
  const isRight =
    command.kind === 'userMailInsert'
      ? command.text.length <= 256
      : command.addresses.length <= 1200 && command.addresses.every((address) => address !== '')
  if (!isRight) throw wrong(`command ${command.id}: more than Exchange takes`)
}

const flags = new Set(['PasswordEnabled', 'AllowCamera', 'AllowSimplePassword'])

/** The properties that the tests use; the real closed list is the protocol's. */
function checkProperties(id: string, properties: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(properties)) {
    const isRight = flags.has(name) ? typeof value === 'boolean' : name === 'MinPasswordLength'
    if (!isRight) throw wrong(`command ${id}: ${name} cannot be ${JSON.stringify(value)}`)
  }
}

function checkEdit(id: string, add: readonly string[], remove: readonly string[]): void {
  const both = add.filter((entry) => remove.includes(entry))
  if (both.length > 0) throw wrong(`command ${id}: adds and removes ${both[0]} on the same list`)
}

function wrong(what: string): AppError {
  return new AppError('internal', `a batch that must not be sent: ${what}`)
}
