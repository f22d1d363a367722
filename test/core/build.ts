/** Builders: a test says only what differs from an enrolled, compliant iPhone of a licensed, included user. */
import { makeContext, type DecisionContext, type ServerState } from '../../functions/core/decisionContext.ts'
import type { MailboxFacts } from '../../functions/core/decideMailbox.ts'
import type { Activation } from '../../functions/core/activation.ts'
import type { Pin } from '../../functions/core/pin.ts'
import { compilePattern } from '../../functions/rules/compilePattern.ts'
import { compileExtraRules, type ExtraRule } from '../../functions/core/extraRules.ts'
import { defaultPolicy, defaultSettings } from '../../functions/core/settings.ts'
import type {
  EasRecord,
  IntuneDevice,
  Mailbox,
  Owner,
  OwnEntry,
  Policy,
  Settings,
  StoredDecision,
} from '../../functions/core/types.ts'

export const now = new Date('2026-11-21T08:00:00.000Z')

export function mailbox(given: Partial<Mailbox> = {}): Mailbox {
  return {
    guid: 'mailbox-1',
    dn: 'CN=Ana,OU=Users,DC=contoso,DC=com',
    name: 'Ana',
    displayName: 'Ana',
    primarySmtp: 'ana@contoso.com',
    addresses: ['ana@contoso.com'],
    isActiveSyncEnabled: true,
    serverName: 'EX1',
    allowed: [],
    blocked: [],
    ...given,
  }
}

export function record(given: Partial<EasRecord> = {}): EasRecord {
  return {
    guid: 'record-1',
    mailboxDn: 'CN=Ana,OU=Users,DC=contoso,DC=com',
    deviceId: 'ApplANA1',
    deviceType: 'iPhone',
    deviceModel: 'iPhone14C2',
    deviceOs: 'iOS 17.4',
    userAgent: 'Apple-iPhone14C2/2104.65',
    clientType: 'EAS',
    firstSync: '2026-11-01T08:00:00.000Z',
    state: 'allowed',
    stateReason: 'Global',
    ...given,
  }
}

export function owner(given: Partial<Omit<Owner, 'user'>> & { readonly user?: Partial<Owner['user']> } = {}): Owner {
  const { user, ...rest } = given
  return {
    evidence: 'dn',
    isIncluded: true,
    isExcluded: false,
    ...rest,
    user: {
      id: 'user-1',
      upn: null,
      displayName: 'Ana',
      addresses: ['ana@contoso.com'],
      dn: null,
      sid: null,
      isLicensed: true,
      ...user,
    },
  }
}

export function device(given: Partial<IntuneDevice> = {}): IntuneDevice {
  return {
    id: 'intune-1',
    userId: 'user-1',
    azureAdDeviceId: 'entra-1',
    easDeviceId: 'ApplANA1',
    isRegistered: true,
    complianceState: 'compliant',
    managementState: 'managed',
    managementAgent: 'mdm',
    lastSync: '2026-11-20T06:00:00.000Z',
    operatingSystem: 'iOS',
    model: 'iPhone 14',
    ...given,
  }
}

export function entry(list: OwnEntry['list'], deviceId = 'ApplANA1'): OwnEntry {
  return { deviceId, list, runId: 'run-0', since: '2026-11-01T00:00:00.000Z' }
}

export function policy(
  given: Partial<Omit<Policy, 'settings'>> & { readonly settings?: Partial<Settings> } = {},
): Policy {
  const { settings, ...rest } = given
  return {
    ...defaultPolicy,
    enabled: true,
    includedGroups: ['staff'],
    defaultAccessLevel: 'quarantine',
    ...rest,
    settings: { ...defaultSettings, ...settings },
  }
}

export interface Given {
  readonly mailbox?: Partial<Mailbox> | null
  readonly record?: Partial<EasRecord>
  readonly previous?: StoredDecision
  readonly owner?: Parameters<typeof owner>[0] | null
  readonly devices?: readonly Partial<IntuneDevice>[]
  readonly entries?: readonly OwnEntry[]
  readonly pins?: readonly Pin[]
  readonly activations?: readonly Activation[]
}

/** One mailbox with one record; enrolled and compliant unless said otherwise. */
export function facts(given: Given = {}): MailboxFacts {
  return {
    mailbox: given.mailbox === null ? null : mailbox(given.mailbox),
    candidates: given.owner === null ? [] : [owner(given.owner)],
    devices: (given.devices ?? [{}]).map(device),
    records: [{ record: record(given.record), previous: given.previous ?? null }],
    entries: given.entries ?? [],
    pins: given.pins ?? [],
    activations: given.activations ?? [],
    readAtMs: now.getTime(),
  }
}

/** Exchange quarantines by default, as planned and as it is, and has no rules. */
export const quarantining: ServerState = { defaultLevel: 'quarantine', rules: [] }

export function context(
  given: {
    readonly policy?: Policy
    readonly planned?: ServerState
    readonly current?: ServerState
    readonly extraRules?: readonly ExtraRule[]
  } = {},
): DecisionContext {
  const planned = given.planned ?? quarantining
  const stated = given.policy ?? policy()
  return makeContext({
    policy: stated,
    planned,
    current: given.current ?? planned,
    now,
    extraRules: given.extraRules ?? compileExtraRules(stated.settings.extraRules, compilePattern),
  })
}

export const fullRun = { id: 'run-1', kind: 'full' } as const
