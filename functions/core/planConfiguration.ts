/** Exchange's own configuration against the policy: settings, access rules, mailbox policy (design.md 4). Pure. */
import type { ServerState } from './decisionContext.ts'
import type { Drift, StanceOf } from './drift.ts'
import { isStricter } from './exchangeAccess.ts'
import type { OwnConfiguration } from './ownConfiguration.ts'
import type { ConfigurationChange } from './plan.ts'
import { planMailboxPolicy } from './planMailboxPolicy.ts'
import { planRules } from './planRules.ts'
import { planValue } from './planValue.ts'
import type { AccessLevel, AccessRule, ExchangeConfiguration, Policy } from './types.ts'

export interface ConfigurationPlan {
  /** Exchange as this run will leave it. */
  readonly planned: ServerState
  readonly changes: readonly ConfigurationChange[]
  /**
   * What is on record as easgate's own, against what stands there now: rules with the Guids that Exchange gave them, without those that are gone. A
   * change is recorded when its own command is sent, and not before (sync/ownConfiguration.ts).
   */
  readonly own: OwnConfiguration
  /** Rules that somebody else made and that differ from the policy: reported, never changed. */
  readonly differing: readonly { readonly rule: AccessRule; readonly wanted: AccessLevel }[]
  /** What somebody changed that easgate had set. */
  readonly drift: readonly Drift[]
}

export interface PlanOptions {
  readonly stanceOf?: StanceOf
  /** decisive: only what decisions depend on. */
  readonly scope?: 'all' | 'decisive'
}

/*
 * policy                        | default of Exchange             | access rules                      | mail insert, recipients, mailbox policy
 * on, a default access level    | becomes the policy's; what stood | one per platform exception; a rule | as set, where they are
 *                               | there before is remembered       |   that somebody else made is      |
 *                               |                                  |   never changed, a differing one  |
 *                               |                                  |   is reported                     |
 * on with none                  | what stood there before comes    | rules that easgate made are        | the same
 *                               | back, if it still is what easgate|   removed, those handed over get   |
 *                               | set; else left                   |   their level back                 |
 * off                           | the same                         | the same                           | what stood there comes back
 */
export function planConfiguration(
  policy: Policy,
  exchange: ExchangeConfiguration,
  own: OwnConfiguration,
  { stanceOf = () => 'mend', scope = 'all' }: PlanOptions = {},
): ConfigurationPlan {
  const { defaultAccessLevel } = policy
  const wanted = policy.enabled && defaultAccessLevel !== 'none' ? { value: defaultAccessLevel } : null
  const standard = planValue('defaultLevel', wanted, exchange.defaultLevel, own.defaultLevel, stanceOf)
  const rules = planRules({
    exceptions: wanted ? policy.exceptions : [],
    existing: exchange.rules,
    own: own.rules,
    handedOver: policy.handedOverRules,
    defaultLevel: standard.value,
    stanceOf,
  })
  const others = scope === 'all' ? planOthers(policy, exchange, own, stanceOf) : { changes: [], own: {}, drift: [] }
  const changes: ConfigurationChange[] = []
  if (standard.change) {
    const { before, after } = standard.change
    changes.push({ kind: 'defaultLevel', phase: isStricter(after, before) ? 3 : 2, ...standard.change })
  }
  return {
    planned: { defaultLevel: standard.value, rules: rules.planned },
    changes: [...changes, ...rules.changes, ...others.changes],
    own: { ...own, ...others.own, defaultLevel: standard.own, rules: rules.own },
    differing: rules.differing,
    drift: [...(standard.drift ? [standard.drift] : []), ...rules.drift, ...others.drift],
  }
}

/**
 * The insert and the recipients change nobody's access. They are set before anything is tightened: whoever is held next gets the right text, and the right
 * people hear of it.
 */
function planOthers(policy: Policy, exchange: ExchangeConfiguration, own: OwnConfiguration, stanceOf: StanceOf) {
  const { userMailInsert, adminMailRecipients } = policy.settings.exchange
  const wish = <T>(value: T | null) => (policy.enabled && value !== null ? { value } : null)
  const insert = planValue(
    'userMailInsert',
    wish<string | null>(userMailInsert),
    exchange.userMailInsert,
    own.userMailInsert,
    stanceOf,
  )
  const recipients = planValue(
    'adminMailRecipients',
    wish(adminMailRecipients),
    exchange.adminMailRecipients,
    own.adminMailRecipients,
    stanceOf,
  )
  const mailboxPolicy = planMailboxPolicy(
    policy.enabled ? policy.settings.mailboxPolicy : null,
    exchange.mailboxPolicies,
    own.mailboxPolicies,
    stanceOf,
  )
  const changes: ConfigurationChange[] = []
  if (insert.change) changes.push({ kind: 'userMailInsert', phase: 2, ...insert.change })
  if (recipients.change) changes.push({ kind: 'adminMailRecipients', phase: 2, ...recipients.change })
  return {
    changes: [...changes, ...mailboxPolicy.changes],
    own: {
      userMailInsert: insert.own,
      adminMailRecipients: recipients.own,
      mailboxPolicies: mailboxPolicy.own,
    },
    drift: [insert.drift, recipients.drift, ...mailboxPolicy.drift].filter((drift) => drift !== null),
  }
}
