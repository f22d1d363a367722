/** Reads the tables of New-EasgateRoleGroup.ps1: what it grants, and what only its switches grant. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const roleGroupScript = fileURLToPath(
  new URL('../../../relay/powershell/New-EasgateRoleGroup.ps1', import.meta.url),
)

/** Parameters by cmdlet, without -Confirm. */
export type Grants = Record<string, string[]>

export function readGrants(table: 'Granted' | 'Wipe' | 'RemovePartnership'): Grants {
  const text = new RegExp(`^\\$${table} = @'\\n([^']+)\\n'@$`, 'm').exec(readFileSync(roleGroupScript, 'utf8'))?.[1]
  if (text === undefined) throw new Error(`the script has no table ${table}`)
  const words = text.replaceAll(/\n +/g, ' ').split('\n')
  const lists = new Map<string, string[]>()
  for (const line of words) {
    const [name = '', ...rest] = line.split(' ')
    lists.set(
      name,
      rest.flatMap((word) => (word.startsWith('@') ? (lists.get(word) ?? []) : [word])),
    )
  }
  return Object.fromEntries([...lists].filter(([name]) => !name.startsWith('@')))
}
