/** The permission check on a live session, for the relay's start and for `easgate-relay check`; and its lines for people. */
import { askThrough } from '../askExchange.ts'
import type { CommandRunner } from '../powershell/commandRunner.ts'
import { checkPermissions, type Allowed, type MissingPermission, type PermissionReport } from './checkPermissions.ts'

/** Runs behind the commands of the conversations. Never rejects. */
export async function permissionReport(
  runner: CommandRunner,
  { allow }: { readonly allow: Allowed },
  now: () => number = Date.now,
): Promise<PermissionReport> {
  const ask = askThrough(runner, now)
  return checkPermissions(async (names) => ask('Get-Command', { Name: [...names] }), allow)
}

/** `Set-CASMailbox`, or one `Set-CASMailbox -ActiveSyncBlockedDeviceIDs` for each parameter. */
export function permissionNames({ cmdlet, missing }: MissingPermission): string[] {
  return missing === 'cmdlet' ? [cmdlet] : missing.map((name) => `${cmdlet} -${name}`)
}

/** For people: what is missing, what cannot be done, and what to do about it. */
export function permissionLine(found: MissingPermission): string {
  const what = permissionNames(found).join(', ')
  return `${what}: without it ${found.consequence}; the management role "${found.role}" grants it`
}
