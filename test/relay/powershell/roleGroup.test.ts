import { expect, test } from 'vitest'
import { commands, type CommandKind, type CommandSpec } from '../../../protocol/commands.ts'
import { readGrants, type Grants } from './roleGroupTable.ts'

test('the role group grants the closed list of commands with exactly their parameters', () => {
  expect(sorted(readGrants('Granted'))).toEqual(closedList(['read', 'change']))
})

test('what loses data is granted by switches of its own', () => {
  const [wipe, remove] = [readGrants('Wipe'), readGrants('RemovePartnership')]
  expect(sorted({ ...wipe, ...remove })).toEqual(closedList(['destroy']))
  expect(Object.keys(wipe).every((name) => name.startsWith('Clear-'))).toBe(true)
  expect(Object.keys(remove).every((name) => name.startsWith('Remove-'))).toBe(true)
})

/** Get-Command comes with every session and is no matter of roles. */
function closedList(kinds: readonly CommandKind[]): Grants {
  const specs: [string, CommandSpec][] = Object.entries(commands)
  const granted = specs.filter(([name, { kind }]) => kinds.includes(kind) && name !== 'Get-Command')
  return sorted(Object.fromEntries(granted.map(([name, { parameters }]) => [name, Object.keys(parameters)])))
}

function sorted(grants: Grants): Grants {
  return Object.fromEntries(Object.entries(grants).map(([name, parameters]) => [name, alphabetical(parameters)]))
}

function alphabetical(names: readonly string[]): string[] {
  return names.toSorted((a, b) => a.localeCompare(b))
}
