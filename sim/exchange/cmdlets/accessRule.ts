/** Get-, New-, Set- and Remove-ActiveSyncDeviceAccessRule (facts/exchange-and-graph.md A7). */
import { ruleName, type AccessRule } from '../accessRules.ts'
import { identityOf, levelOf, one, textOf, warnUnmodified, type Call, type Cmdlet } from '../cmdlet.ts'
import { print, type View } from '../view.ts'
import { accessRule } from '../world.ts'

export const getAccessRule: Cmdlet = {
  parameters: { Identity: 'text', DomainController: 'text' },
  run: (call) => {
    const identity = textOf(call, 'Identity')
    const found = identity === undefined ? call.exchange.rules.all() : [ruleOf(call, identity)]
    return print(ruleView, found, call.returns)
  },
}

export const newAccessRule: Cmdlet = {
  parameters: { QueryString: 'text', Characteristic: 'characteristic', AccessLevel: 'level', DomainController: 'text' },
  required: ['QueryString', 'Characteristic', 'AccessLevel'],
  run: (call) => {
    const { exchange } = call
    const { QueryString, Characteristic, AccessLevel } = accessRule.parse(call.parameters)
    const stated = { QueryString, Characteristic, AccessLevel }
    return print(ruleView, [exchange.rules.create(stated, exchange.time(), exchange.domainController)], call.returns)
  },
}

export const setAccessRule: Cmdlet = {
  parameters: { Identity: 'text', AccessLevel: 'level', DomainController: 'text' },
  required: ['Identity'],
  run: (call) => {
    const rule = ruleOf(call, identityOf(call))
    const level = levelOf(call, 'AccessLevel') ?? rule.level
    if (level === rule.level) warnUnmodified(call, ruleName(rule.stated))
    else Object.assign(rule, { level, whenChangedUtc: call.exchange.time() })
    return []
  },
}

export const removeAccessRule: Cmdlet = {
  parameters: { Identity: 'text', DomainController: 'text' },
  required: ['Identity'],
  run: (call) => {
    call.exchange.rules.remove(ruleOf(call, identityOf(call)))
    return []
  },
}

export const ruleView: View<AccessRule> = {
  stated: (rule) => rule.stated,
  known: {
    Guid: (rule) => rule.guid,
    Identity: (rule) => ruleName(rule.stated),
    Name: (rule) => ruleName(rule.stated),
    AccessLevel: (rule) => rule.level,
    WhenChangedUTC: (rule) => rule.whenChangedUtc,
  },
}

function ruleOf(call: Call, identity: string): AccessRule {
  return one(call.exchange.rules.find(identity), identity, call.exchange)
}
