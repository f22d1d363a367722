/** A planned change of the configuration against Exchange as it is now: still to be sent, done already, or overtaken. Pure. */
import type { OwnConfiguration } from '../core/ownConfiguration.ts'
import type { ConfigurationChange, Outcome } from '../core/plan.ts'
import { ruleKey } from '../core/planRules.ts'
import { isSameValue } from '../core/planValue.ts'
import type { ExchangeConfiguration } from '../core/types.ts'
import { isPolicyChange } from './configurationCommand.ts'

/*
 * change        | verified when                  | sent when                      | else
 * a setting     | it is as wanted                | it is as the plan saw it       | changedSinceRead
 * newRule       | the rule is there, as wanted   | no rule of its text is there   | changedSinceRead
 * setRule       | it has the level               | it has the level the plan saw  | gone, or changedSinceRead
 * removeRule    | it is gone                     | it is there                    | -
 * newPolicy     | it is there, and claimed by us | no policy of its name is there | changedSinceRead
 * setPolicy     | -                              | it is there                    | gone
 * removePolicy  | it is gone                     | it is there                    | -
 * …Policy, while no policy at all can be read: changedSinceRead
 */
export function compareConfiguration(
  change: ConfigurationChange,
  now: ExchangeConfiguration,
  own: OwnConfiguration,
): 'send' | Outcome['state'] {
  if (isPolicyChange(change) && now.mailboxPolicies.length === 0) return 'changedSinceRead'
  switch (change.kind) {
    case 'defaultLevel':
    case 'userMailInsert':
    case 'adminMailRecipients':
      if (isSameValue(now[change.kind], change.after)) return 'verified'
      return isSameValue(now[change.kind], change.before) ? 'send' : 'changedSinceRead'
    case 'newRule': {
      const there = now.rules.find((rule) => ruleKey(rule) === ruleKey(change.rule))
      if (!there) return 'send'
      return there.level === change.rule.level ? 'verified' : 'changedSinceRead'
    }
    case 'setRule': {
      const rule = now.rules.find(({ guid }) => guid === change.rule.guid)
      if (!rule) return 'gone'
      if (rule.level === change.level) return 'verified'
      return rule.level === change.rule.level ? 'send' : 'changedSinceRead'
    }
    case 'removeRule':
      return now.rules.some(({ guid }) => guid === change.rule.guid) ? 'send' : 'verified'
    case 'newPolicy':
      return compareNewPolicy(change.name, now, own)
    case 'setPolicy':
      return now.mailboxPolicies.some(({ guid }) => guid === change.guid) ? 'send' : 'gone'
    case 'removePolicy':
      return now.mailboxPolicies.some(({ guid }) => guid === change.guid) ? 'send' : 'verified'
  }
}

function compareNewPolicy(
  name: string,
  { mailboxPolicies }: ExchangeConfiguration,
  own: OwnConfiguration,
): 'send' | Outcome['state'] {
  const isIt = (policy: { readonly name: string }) => policy.name.toLowerCase() === name.toLowerCase()
  if (!mailboxPolicies.some(isIt)) return 'send'
  return own.mailboxPolicies.some((policy) => isIt(policy) && policy.guid === null) ? 'verified' : 'changedSinceRead'
}
