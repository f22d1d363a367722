/** The conditions that the decision table asks, one each. Pure. */
import type { DecisionContext } from './decisionContext.ts'
import { isStricter, type BaseAccess } from './exchangeAccess.ts'
import type { Pin } from './pin.ts'
import { scopeOf } from './scope.ts'
import type { EasRecord, IntuneDevice, Mailbox, Owner, Policy } from './types.ts'

/** Everything that is known about one record when it is decided. */
export interface Facts {
  readonly record: EasRecord
  /** null: Exchange listed no mailbox for it. */
  readonly mailbox: Mailbox | null
  readonly owner: Owner | null
  /** The match; null for none. */
  readonly device: IntuneDevice | null
  /** That holds now. */
  readonly pin: Pin | null
  /** Entries for the record's id: there, and made by easgate. */
  readonly onAllowed: boolean
  readonly onBlocked: boolean
  readonly ownAllowed: boolean
  readonly ownBlocked: boolean
  /** What Exchange does with the record without entries, under the configuration as planned. */
  readonly base: BaseAccess
}

export const failing: ReadonlySet<string> = new Set(['noncompliant', 'conflict', 'error'])
export const passing: ReadonlySet<string> = new Set(['compliant', 'inGracePeriod'])

/** The policy is on and for the user of this mailbox, be it as one who is never blocked. */
export function isPolicyFor(mailbox: Mailbox | null, owner: Owner | null, policy: Policy): boolean {
  if (!policy.enabled || scopeOf(mailbox, policy.settings.scope) !== 'inside') return false
  return owner !== null && (owner.isExcluded || (owner.user.isLicensed && owner.isIncluded))
}

export function hasForeignEntry(facts: Facts): boolean {
  return (facts.onAllowed && !facts.ownAllowed) || (facts.onBlocked && !facts.ownBlocked)
}

/** Entries made by hand become easgate's own (setting adopt) for records that reach row 5, and for no others. */
export function isAdopted(
  { record, mailbox, owner, pin }: Pick<Facts, 'record' | 'mailbox' | 'owner' | 'pin'>,
  { policy }: DecisionContext,
): boolean {
  if (policy.settings.manualEntries !== 'adopt' || owner === null || pin !== null) return false
  return isPolicyFor(mailbox, owner, policy) && isEvaluated(record, mailbox)
}

export function isEvaluated(record: EasRecord, mailbox: Mailbox | null): boolean {
  if (record.clientType !== null && record.clientType.toLowerCase() !== 'eas') return false
  if (record.state === 'deviceDiscovery' || record.deviceId.trim() === '') return false
  if (record.deviceType?.toLowerCase() === 'easprobedevicetype') return false
  return mailbox === null || isEvaluatedMailbox(mailbox)
}

export function isEvaluatedMailbox(mailbox: Mailbox): boolean {
  return mailbox.isActiveSyncEnabled && !isHealthOrTest(mailbox)
}

/** Exchange's own monitoring mailboxes and the connectivity test users (facts A4). */
function isHealthOrTest({ name, dn }: Mailbox): boolean {
  return /^(healthmailbox|cas_\{)/i.test(name ?? '') || /^cn=(healthmailbox|cas_\{)/i.test(dn)
}

export function isGrandfathered(record: EasRecord, { grandfather, nowMs }: DecisionContext): boolean {
  if (!grandfather || record.firstSync === null || record.state !== 'allowed') return false
  return Date.parse(record.firstSync) < grandfather.existedBeforeMs && nowMs < grandfather.untilMs
}

/**
 * The policy names the record's family or model. With a default access level of none the exceptions are not made into rules: there one that should
 * keep the phone out is not left to a rule that does not exist.
 */
export function isException(
  { record, base }: Pick<Facts, 'record' | 'base'>,
  { exceptions, policy }: DecisionContext,
): boolean {
  const family = record.deviceType === null ? undefined : exceptions.family.get(record.deviceType.toLowerCase())
  const model = record.deviceModel === null ? undefined : exceptions.model.get(record.deviceModel.toLowerCase())
  const level = family ?? model
  if (level === undefined) return false
  return policy.defaultAccessLevel !== 'none' || !isStricter(level, base.level)
}

export function isInNewRecordGrace(record: EasRecord, { newRecordGraceMs, nowMs }: DecisionContext): boolean {
  return newRecordGraceMs > 0 && record.firstSync !== null && nowMs - Date.parse(record.firstSync) < newRecordGraceMs
}
