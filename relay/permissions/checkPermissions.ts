/** Compares what the account may see with what easgate needs (neededPermissions.ts). Pure but for the question itself. */
import type { Answer } from '../askExchange.ts'
import { neededPermissions, type Dialect, type Permission, type Severity } from './neededPermissions.ts'

export interface MissingPermission {
  readonly cmdlet: string
  /** The whole cmdlet, or the parameters of it that are hidden. */
  readonly missing: 'cmdlet' | readonly string[]
  /** A management role that grants it. */
  readonly role: string
  readonly consequence: string
  readonly severity: Severity
}

export interface PermissionReport {
  /** The family of device cmdlets that is used. */
  readonly dialect: Dialect
  readonly missing: readonly MissingPermission[]
  /** Why nothing could be found out; `missing` is empty then and says nothing. */
  readonly failure?: { readonly category: string; readonly message: string }
}

export interface Allowed {
  readonly wipe: boolean
  readonly removePartnership: boolean
}

/** Runs Get-Command with these names; the rows have Name and Parameters. */
export type AskCommands = (names: readonly string[]) => Promise<Answer>

/** With wildcards, because a name without one that is not visible is an error, and then it is not sure that the rest was listed. */
const patterns = [
  '*-ActiveSync*',
  '*-MobileDevice*',
  '*-CASMailbox*',
  '*-Recipient*',
  '*-ExchangeServer*',
  '*-ADServerSettings*',
]

export async function checkPermissions(ask: AskCommands, allowed: Allowed): Promise<PermissionReport> {
  const { rows, failure } = await ask(patterns)
  const visible = visibleOf(rows)
  const dialect = visible.has('get-mobiledevice') ? 'MobileDevice' : 'ActiveSyncDevice'
  if (failure) return { dialect, missing: [], failure: { category: failure.category, message: failure.message } }
  return { dialect, missing: missingOf(visible, dialect, allowed) }
}

/*
 *   the cmdlet                                   reported
 *   has no twin                                  as the table says
 *   is of the dialect in use                     as the table says
 *   is an ActiveSync one, MobileDevice in use    no: nothing calls it
 *   is a MobileDevice one, ActiveSync in use     as optional where another MobileDevice cmdlet is visible; else it is Exchange 2010, or
 *                                                an account with the older role, and nothing is amiss
 *   wipes or removes                             only where the relay's configuration allows that
 */
function missingOf(visible: Visible, dialect: Dialect, allowed: Allowed): MissingPermission[] {
  const knowsMobile = [...visible.keys()].some((name) => name.includes('-mobiledevice'))
  const told = new Set<string>()
  return neededPermissions.flatMap((permission) => {
    if (permission.when && !allowed[permission.when]) return []
    const isOther = permission.dialect !== undefined && permission.dialect !== dialect
    if (isOther && (permission.dialect === 'ActiveSyncDevice' || !knowsMobile)) return []
    const missing = missingIn(visible, permission)
    if (missing === undefined || told.has(permission.cmdlet)) return []
    if (missing === 'cmdlet') told.add(permission.cmdlet)
    const { cmdlet, role, consequence, severity } = permission
    return isOther
      ? { cmdlet, missing, role, consequence: 'easgate uses the older ActiveSync cmdlet instead', severity: 'optional' }
      : { cmdlet, missing, role, consequence, severity }
  })
}

type Visible = ReadonlyMap<string, ReadonlySet<string>>

function missingIn(visible: Visible, { cmdlet, parameters }: Permission): MissingPermission['missing'] | undefined {
  const known = visible.get(cmdlet.toLowerCase())
  if (!known) return 'cmdlet'
  const hidden = parameters.filter((name) => !known.has(name.toLowerCase()))
  return hidden.length === 0 ? undefined : hidden
}

function visibleOf(rows: Answer['rows']): Visible {
  return new Map(rows.map((row) => [String(row['Name']).toLowerCase(), new Set(textsOf(row['Parameters']))]))
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map((name) => String(name).toLowerCase()) : []
}
