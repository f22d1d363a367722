/** The decision table of one EAS record: design.md section 6, row by row. Pure. */
import {
  failing,
  hasForeignEntry,
  isEvaluated,
  isException,
  isGrandfathered,
  isInNewRecordGrace,
  isPolicyFor,
  passing,
  type Facts,
} from './conditions.ts'
import type { DecisionContext } from './decisionContext.ts'
import { ruleInputs } from './extraRules.ts'
import { scopeOf } from './scope.ts'
import type { Access, Reason } from './types.ts'
import type { TraceLine } from './traceLine.ts'

export interface Verdict {
  readonly access: Access
  readonly reason: Reason
}

export interface Rule {
  readonly row: number
  readonly name: string
  /** null: the row does not fit. */
  readonly ask: (facts: Facts, context: DecisionContext) => Verdict | null
  /** What the row looked at, for the trace. */
  readonly inputs: (facts: Facts, context: DecisionContext) => TraceLine['inputs']
}

/*
 * The first row that fits decides. Held level: quarantine when the policy's default access level is quarantine, else block.
 *
 *  # | record                                                                  | decision                       | reason
 *  1 | not EAS, health or test, DeviceDiscovery, no DeviceId, EAS disabled     | leave                          | notEvaluated
 *  2 | mailbox resolves to no user                                             | leave                          | unresolvedUser
 *  3 | pinned, and the pin has not ended                                       | as pinned                      | pinned
 *  4 | policy off; or the mailbox outside the scope's units or servers;        | leave                          | outOfScope
 *    | or not excluded and not (licensed and included)                         |                                |
 *    | policy on, the scope names servers, Exchange does not tell the mailbox's| leave                          | notEvaluated
 *  5 | an entry that easgate did not make, setting respect                     | leave                          | manualEntry
 *  6 | excluded                                                                | allow if the default holds it, | exempt
 *    |                                                                         | else leave                     |
 *  7 | an extra rule fits, the first one                                       | its level                      | extraRule
 *  8 | matched: noncompliant, conflict, error                                  | held level                     | notCompliant
 *  9 | existed before the date, before the end date, allowed by Exchange now   | allow                          | grandfathered
 * 10 | matched: not registered                                                 | held level                     | notRegistered
 * 11 | matched: compliance unknown or configManager                            | keeps easgate's allow, or held | complianceUnknown
 * 12 | matched: compliant or in grace period                                   | allow if override, else leave  | compliant / inGracePeriod
 * 13 | unmatched, a platform exception names its family or model               | leave                          | platformRule
 * 14 | unmatched, newer than the grace for new records                         | leave                          | newRecordGrace
 * 15 | unmatched                                                               | held level                     | notEnrolled
 */
export const decisionTable: readonly Rule[] = [
  {
    row: 1,
    name: 'notEvaluated',
    ask: ({ record, mailbox }) => (isEvaluated(record, mailbox) ? null : leave('notEvaluated')),
    inputs: ({ record, mailbox }) => ({
      clientType: record.clientType,
      state: record.state,
      deviceId: record.deviceId,
      deviceType: record.deviceType,
      activeSyncEnabled: mailbox?.isActiveSyncEnabled ?? null,
    }),
  },
  {
    row: 2,
    name: 'unresolvedUser',
    ask: ({ owner }) => (owner ? null : leave('unresolvedUser')),
    inputs: ({ owner, mailbox }) => ({
      mailbox: mailbox?.guid ?? null,
      user: owner?.user.id ?? null,
      evidence: owner?.evidence ?? null,
    }),
  },
  {
    row: 3,
    name: 'pinned',
    ask: ({ pin }) => (pin ? { access: pin.access, reason: 'pinned' } : null),
    inputs: ({ pin }) => ({ pinned: pin?.access ?? null, until: pin?.until ?? null }),
  },
  {
    row: 4,
    name: 'outOfScope',
    ask: ({ owner, mailbox }, { policy }) => {
      if (isPolicyFor(mailbox, owner, policy)) return null
      const isUnknown = policy.enabled && scopeOf(mailbox, policy.settings.scope) === 'unknown'
      return leave(isUnknown ? 'notEvaluated' : 'outOfScope')
    },
    inputs: ({ owner, mailbox }, { policy }) => ({
      policyEnabled: policy.enabled,
      scope: scopeOf(mailbox, policy.settings.scope),
      server: mailbox?.serverName ?? null,
      licensed: owner?.user.isLicensed ?? null,
      included: owner?.isIncluded ?? null,
      excluded: owner?.isExcluded ?? null,
    }),
  },
  {
    row: 5,
    name: 'manualEntry',
    ask: (facts, { policy }) =>
      policy.settings.manualEntries === 'respect' && hasForeignEntry(facts) ? leave('manualEntry') : null,
    inputs: (facts, { policy }) => ({
      setting: policy.settings.manualEntries,
      onAllowed: facts.onAllowed,
      onBlocked: facts.onBlocked,
      ownAllowed: facts.ownAllowed,
      ownBlocked: facts.ownBlocked,
    }),
  },
  {
    row: 6,
    name: 'exempt',
    ask: ({ owner, base }) => {
      if (!owner?.isExcluded) return null
      return base.by === 'default' && base.level !== 'allow' ? { access: 'allow', reason: 'exempt' } : leave('exempt')
    },
    inputs: ({ owner, base }) => ({
      excluded: owner?.isExcluded ?? null,
      exchangeLevel: base.level,
      exchangeBy: base.by,
    }),
  },
  {
    row: 7,
    name: 'extraRule',
    ask: (facts, { extraRules, nowMs }) => {
      const rule = extraRules.find((extra) => extra.fits(facts, nowMs))
      return rule ? { access: rule.level, reason: 'extraRule' } : null
    },
    inputs: (facts, { extraRules, nowMs }) => ruleInputs(facts, extraRules, nowMs),
  },
  {
    row: 8,
    name: 'notCompliant',
    ask: ({ device }, { notCompliantLevel }) =>
      device && failing.has(device.complianceState) ? { access: notCompliantLevel, reason: 'notCompliant' } : null,
    inputs: ({ device }) => ({ intuneDevice: device?.id ?? null, complianceState: device?.complianceState ?? null }),
  },
  {
    row: 9,
    name: 'grandfathered',
    ask: ({ record }, context) =>
      isGrandfathered(record, context) ? { access: 'allow', reason: 'grandfathered' } : null,
    inputs: ({ record }, { policy }) => ({
      firstSync: record.firstSync,
      existedBefore: policy.settings.grandfather?.existedBefore ?? null,
      until: policy.settings.grandfather?.until ?? null,
      state: record.state,
    }),
  },
  {
    row: 10,
    name: 'notRegistered',
    ask: ({ device }, { heldLevel }) =>
      device && !device.isRegistered ? { access: heldLevel, reason: 'notRegistered' } : null,
    inputs: ({ device }) => ({ intuneDevice: device?.id ?? null, registered: device?.isRegistered ?? null }),
  },
  {
    row: 11,
    name: 'complianceUnknown',
    ask: (facts, { heldLevel }) => {
      if (!facts.device || passing.has(facts.device.complianceState)) return null
      const keepsAllow = facts.onAllowed && facts.ownAllowed && !facts.onBlocked
      return { access: keepsAllow ? 'allow' : heldLevel, reason: 'complianceUnknown' }
    },
    inputs: ({ device, onAllowed, ownAllowed }) => ({
      intuneDevice: device?.id ?? null,
      complianceState: device?.complianceState ?? null,
      onAllowed,
      ownAllowed,
    }),
  },
  {
    row: 12,
    name: 'compliant',
    ask: ({ device }, { policy }) => {
      if (!device) return null
      const reason = device.complianceState === 'compliant' ? 'compliant' : 'inGracePeriod'
      return policy.overrideDefaultRule ? { access: 'allow', reason } : leave(reason)
    },
    inputs: ({ device }, { policy }) => ({
      intuneDevice: device?.id ?? null,
      complianceState: device?.complianceState ?? null,
      overrideDefaultRule: policy.overrideDefaultRule,
    }),
  },
  {
    row: 13,
    name: 'platformRule',
    ask: (facts, context) => (isException(facts, context) ? leave('platformRule') : null),
    inputs: (facts, context) => ({
      family: facts.record.deviceType,
      model: facts.record.deviceModel,
      named: isException(facts, context),
    }),
  },
  {
    row: 14,
    name: 'newRecordGrace',
    ask: ({ record }, context) => (isInNewRecordGrace(record, context) ? leave('newRecordGrace') : null),
    inputs: ({ record }, { policy }) => ({
      firstSync: record.firstSync,
      graceMinutes: policy.settings.newRecordGraceMinutes,
    }),
  },
  {
    row: 15,
    name: 'notEnrolled',
    ask: (_, { notEnrolledLevel }) => ({ access: notEnrolledLevel, reason: 'notEnrolled' }),
    inputs: ({ device }) => ({ intuneDevice: device?.id ?? null }),
  },
]

/** A connector that is being retired wants nothing of anybody, pinned, excluded or unresolved: all of easgate's entries go. */
export const retiring: Rule = {
  row: 4,
  name: 'outOfScope',
  ask: () => leave('outOfScope'),
  inputs: () => ({ retiring: true }),
}

function leave(reason: Reason): Verdict {
  return { access: 'leave', reason }
}
