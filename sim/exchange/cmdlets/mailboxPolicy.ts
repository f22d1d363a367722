/** Get-, New-, Set- and Remove- of the EAS mailbox policies, under the names of either dialect (facts A8). */
import { mailboxPolicyParameters, type Dialect as Names } from '../../../protocol/mailboxPolicy.ts'
import { errors } from '../cmdletError.ts'
import { identityOf, one, textOf, warnUnmodified, type Call, type Cmdlet, type Kind } from '../cmdlet.ts'
import { mobileName, type MailboxPolicy } from '../mailboxPolicies.ts'
import { print, type View } from '../view.ts'

/** The four cmdlets of one noun: `ActiveSync…` exists in both dialects, `Mobile…` since 2013. */
export function mailboxPolicyCmdlets(names: Names): Record<'Get' | 'New' | 'Set' | 'Remove', Cmdlet> {
  const age = names === 'Mobile' ? 'since2013' : 'deprecated'
  const rules = mailboxPolicyParameters(names)
  const settings = Object.fromEntries(Object.keys(rules).map((name) => [name, 'setting' as const]))
  const common: Readonly<Record<string, Kind>> = { DomainController: 'text' }
  const view = policyView(Object.keys(rules))
  const given = (call: Call) => Object.entries(call.parameters).filter(([name, value]) => isSetting(rules, name, value))
  return {
    Get: {
      parameters: { Identity: 'text', ...common },
      age,
      run: (call) => {
        const identity = textOf(call, 'Identity')
        return print(
          view,
          identity === undefined ? call.exchange.policies.all() : [policyOf(call, identity)],
          call.returns,
        )
      },
    },
    New: {
      parameters: { Name: 'text', ...settings, ...common },
      required: ['Name'],
      age,
      run: (call) => {
        const { exchange } = call
        const name = textOf(call, 'Name') ?? ''
        const policy = exchange.policies.create(name, given(call), exchange.time(), exchange.domainController)
        return print(view, [policy], call.returns)
      },
    },
    Set: {
      parameters: { Identity: 'text', ...settings, ...common },
      required: ['Identity'],
      age,
      run: (call) => {
        const policy = policyOf(call, identityOf(call))
        const changed = call.exchange.policies.change(policy, given(call), call.exchange.time())
        if (!changed) warnUnmodified(call, policy.name)
        return []
      },
    },
    Remove: {
      parameters: { Identity: 'text', Force: 'flag', ...common },
      required: ['Identity'],
      age,
      run: (call) => {
        const policy = policyOf(call, identityOf(call))
        if (isAssigned(call, policy)) throw errors.inUse(policy.name)
        call.exchange.policies.remove(policy)
        return []
      },
    },
  }
}

function policyOf(call: Call, identity: string): MailboxPolicy {
  return one(call.exchange.policies.find(identity), identity, call.exchange)
}

const defaults: Readonly<Record<string, unknown>> = {
  AllowNonProvisionableDevices: true,
  PasswordEnabled: false,
  AlphanumericPasswordRequired: false,
  AllowSimplePassword: true,
  MaxPasswordFailedAttempts: 'Unlimited',
  PasswordExpiration: 'Unlimited',
  PasswordHistory: 0,
  MaxInactivityTimeLock: 'Unlimited',
  AttachmentsEnabled: true,
  DeviceEncryptionEnabled: false,
  RequireDeviceEncryption: false,
  RequireStorageCardEncryption: false,
  AllowCamera: true,
  AllowBrowser: true,
}

function policyView(names: readonly string[]): View<MailboxPolicy> {
  const settings = names.map((name) => {
    const stored = mobileName(name)
    const read = (policy: MailboxPolicy) => policy.settings.get(stored) ?? defaults[stored] ?? null
    return [name, stored === 'IsDefault' ? (policy: MailboxPolicy) => policy.isDefault : read] as const
  })
  return {
    stated: () => ({}),
    known: {
      Guid: (policy) => policy.guid,
      Identity: (policy) => policy.name,
      Name: (policy) => policy.name,
      WhenChangedUTC: (policy) => policy.whenChangedUtc,
      ...Object.fromEntries(settings),
    },
  }
}

// The ranges of facts A8, as the protocol writes them down.
function isSetting(rules: ReturnType<typeof mailboxPolicyParameters>, name: string, value: unknown): boolean {
  const rule = rules[name]
  if (rule && !rule.safeParse(value).success) {
    throw errors.badParameter(
      `Cannot convert value ${JSON.stringify(value)} to the type of parameter '${name}'.`,
      'CannotConvertArgumentNoMessage',
    )
  }
  return rule !== undefined
}

function isAssigned(call: Call, policy: MailboxPolicy): boolean {
  const { mailboxes } = call.exchange
  return policy.isDefault || [...mailboxes.all()].some((mailbox) => mailbox.policy === policy.guid)
}
