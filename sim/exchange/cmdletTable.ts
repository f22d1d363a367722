/** Every simulated cmdlet by name, and which of them an account sees in a dialect. A table of contents. */
import type { Cmdlet, VisibleCmdlet } from './cmdlet.ts'
import { getAccessRule, newAccessRule, removeAccessRule, setAccessRule } from './cmdlets/accessRule.ts'
import { getCasMailbox, setCasMailbox } from './cmdlets/casMailbox.ts'
import { clearDevice, clearMobileDevice, getActiveSyncDevice, getMobileDevice, removeDevice } from './cmdlets/device.ts'
import { getActiveSyncDeviceStatistics, getMobileDeviceStatistics } from './cmdlets/deviceStatistics.ts'
import { getDeviceClass, getExchangeServer, getRecipient } from './cmdlets/directory.ts'
import { mailboxPolicyCmdlets } from './cmdlets/mailboxPolicy.ts'
import { getOrganizationSettings, setOrganizationSettings } from './cmdlets/organizationSettings.ts'
import { getCommand, setAdServerSettings } from './cmdlets/session.ts'
import type { Exchange } from './exchange.ts'
import type { HiddenPermissions } from './world.ts'

const activeSyncPolicy = mailboxPolicyCmdlets('ActiveSync')
const mobilePolicy = mailboxPolicyCmdlets('Mobile')

const cmdlets: Readonly<Record<string, Cmdlet>> = {
  'Get-ActiveSyncOrganizationSettings': getOrganizationSettings,
  'Set-ActiveSyncOrganizationSettings': setOrganizationSettings,
  'Get-CASMailbox': getCasMailbox,
  'Set-CASMailbox': setCasMailbox,
  'Get-ActiveSyncMailboxPolicy': activeSyncPolicy.Get,
  'Set-ActiveSyncMailboxPolicy': activeSyncPolicy.Set,
  'New-ActiveSyncMailboxPolicy': activeSyncPolicy.New,
  'Remove-ActiveSyncMailboxPolicy': activeSyncPolicy.Remove,
  'Get-MobileDeviceMailboxPolicy': mobilePolicy.Get,
  'Set-MobileDeviceMailboxPolicy': mobilePolicy.Set,
  'New-MobileDeviceMailboxPolicy': mobilePolicy.New,
  'Remove-MobileDeviceMailboxPolicy': mobilePolicy.Remove,
  'Get-ActiveSyncDeviceAccessRule': getAccessRule,
  'Set-ActiveSyncDeviceAccessRule': setAccessRule,
  'New-ActiveSyncDeviceAccessRule': newAccessRule,
  'Remove-ActiveSyncDeviceAccessRule': removeAccessRule,
  'Get-ActiveSyncDevice': getActiveSyncDevice,
  'Get-MobileDevice': getMobileDevice,
  'Get-ActiveSyncDeviceStatistics': getActiveSyncDeviceStatistics,
  'Get-MobileDeviceStatistics': getMobileDeviceStatistics,
  'Get-ActiveSyncDeviceClass': getDeviceClass,
  'Clear-ActiveSyncDevice': { ...clearDevice, age: 'deprecated' },
  'Clear-MobileDevice': clearMobileDevice,
  'Remove-ActiveSyncDevice': { ...removeDevice, age: 'deprecated' },
  'Remove-MobileDevice': { ...removeDevice, age: 'since2013' },
  'Get-ExchangeServer': getExchangeServer,
  'Get-Recipient': getRecipient,
  'Set-ADServerSettings': setAdServerSettings,
  'Get-Command': getCommand,
}

export interface Found extends VisibleCmdlet {
  readonly cmdlet: Cmdlet
}

/** The cmdlet of that name, in any case, with its visible parameters; undefined where RBAC or the dialect hides it. */
export function findCmdlet(name: string, exchange: Exchange): Found | undefined {
  const canonical = Object.keys(cmdlets).find((known) => known.toLowerCase() === name.toLowerCase())
  const cmdlet = canonical === undefined ? undefined : cmdlets[canonical]
  if (canonical === undefined || !cmdlet || !isVisible(canonical, cmdlet, exchange)) return undefined
  return { name: canonical, cmdlet, parameters: visibleParameters(canonical, cmdlet, exchange) }
}

export function visibleCmdlets(exchange: Exchange): VisibleCmdlet[] {
  return Object.entries(cmdlets)
    .filter(([name, cmdlet]) => isVisible(name, cmdlet, exchange))
    .map(([name, cmdlet]) => ({ name, parameters: visibleParameters(name, cmdlet, exchange) }))
}

function isVisible(name: string, cmdlet: Cmdlet, { dialect, hidden, hiddenByFault }: Exchange): boolean {
  if (cmdlet.age === 'since2013' && dialect === 'ActiveSyncDevice') return false
  return !includes(hidden.cmdlets, name) && !includes(hiddenByFault.cmdlets, name)
}

function visibleParameters(name: string, cmdlet: Cmdlet, { dialect, hidden, hiddenByFault }: Exchange): string[] {
  const newer = dialect === 'ActiveSyncDevice' ? (cmdlet.since2013 ?? []) : []
  const invisible = [...newer, ...hiddenParameters(hidden, name), ...hiddenParameters(hiddenByFault, name)]
  const names = Object.keys(cmdlet.parameters)
  return invisible.length === 0 ? names : names.filter((parameter) => !includes(invisible, parameter))
}

function hiddenParameters({ parameters = {} }: HiddenPermissions, cmdlet: string): readonly string[] {
  return Object.entries(parameters).find(([name]) => name.toLowerCase() === cmdlet.toLowerCase())?.[1] ?? []
}

function includes(names: readonly string[] | undefined, name: string): boolean {
  return names?.some((candidate) => candidate.toLowerCase() === name.toLowerCase()) ?? false
}
