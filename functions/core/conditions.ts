/** The conditions that the decision table asks, one each. Pure. */
import type { DecisionContext } from './decisionContext.ts'
import type { BaseAccess } from './exchangeAccess.ts'
import type { EasRecord, IntuneDevice, Mailbox, Owner } from './types.ts'

/** Everything that is known about one record when it is decided. */
export interface Facts {
  readonly record: EasRecord
  /** null: Exchange listed no mailbox for it. */
  readonly mailbox: Mailbox | null
  readonly owner: Owner | null
  /** The match; null for none. */
  readonly device: IntuneDevice | null
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

export function isInScope(owner: Owner | null): boolean {
  return owner !== null && owner.user.isLicensed && owner.isIncluded
}

export function hasForeignEntry(facts: Facts): boolean {
  return (facts.onAllowed && !facts.ownAllowed) || (facts.onBlocked && !facts.ownBlocked)
}

export function isEvaluated(record: EasRecord, mailbox: Mailbox | null): boolean {
  if (record.clientType !== null && record.clientType.toLowerCase() !== 'eas') return false
  if (record.state === 'deviceDiscovery' || record.deviceId.trim() === '') return false
  if (record.deviceType?.toLowerCase() === 'easprobedevicetype') return false
  return mailbox === null || (mailbox.isActiveSyncEnabled && !isHealthOrTest(mailbox))
}

/** Exchange's own monitoring mailboxes and the connectivity test users (facts A4). */
function isHealthOrTest({ name, dn }: Mailbox): boolean {
  return /^(healthmailbox|cas_\{)/i.test(name ?? '') || /^cn=(healthmailbox|cas_\{)/i.test(dn)
}

export function isGrandfathered(record: EasRecord, { grandfather, nowMs }: DecisionContext): boolean {
  if (!grandfather || record.firstSync === null || record.state !== 'allowed') return false
  return Date.parse(record.firstSync) < grandfather.existedBeforeMs && nowMs < grandfather.untilMs
}

export function isException(record: EasRecord, { families, models }: DecisionContext): boolean {
  if (record.deviceType !== null && families.has(record.deviceType.toLowerCase())) return true
  return record.deviceModel !== null && models.has(record.deviceModel.toLowerCase())
}

export function isInNewRecordGrace(record: EasRecord, { newRecordGraceMs, nowMs }: DecisionContext): boolean {
  return newRecordGraceMs > 0 && record.firstSync !== null && nowMs - Date.parse(record.firstSync) < newRecordGraceMs
}
