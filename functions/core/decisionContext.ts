/** What all records of a run are decided by: the policy, made ready for many questions. Pure. */
import { compileRules, type ServerRules } from './exchangeAccess.ts'
import type { ExtraRule } from './extraRules.ts'
import type { Assigning } from './planAssignment.ts'
import type { AccessRule, AccessLevel, HeldLevel, Policy } from './types.ts'

export interface ServerState {
  readonly defaultLevel: AccessLevel
  readonly rules: readonly AccessRule[]
}

export interface DecisionContext {
  readonly policy: Policy
  readonly nowMs: number
  /** Exchange's configuration as it is, and as this run will leave it. */
  readonly current: ServerRules
  readonly planned: ServerRules
  readonly heldLevel: HeldLevel
  readonly notCompliantLevel: HeldLevel
  readonly notEnrolledLevel: HeldLevel
  readonly extraRules: readonly ExtraRule[]
  readonly grandfather: { readonly existedBeforeMs: number; readonly untilMs: number } | null
  readonly newRecordGraceMs: number
  /** null: mailbox policies are none of the caller's business. */
  readonly assigning: Assigning | null
  /** Levels of the platform exceptions by name in lower case. */
  readonly exceptions: {
    readonly family: ReadonlyMap<string, AccessLevel>
    readonly model: ReadonlyMap<string, AccessLevel>
  }
}

export interface DecisionInput {
  readonly policy: Policy
  readonly current: ServerState
  readonly planned: ServerState
  readonly now: Date
  /** The policy's own, compiled (compileExtraRules). */
  readonly extraRules: readonly ExtraRule[]
  readonly assigning?: Assigning | null
}

export function makeContext({
  policy,
  current,
  planned,
  now,
  extraRules,
  assigning = null,
}: DecisionInput): DecisionContext {
  const { settings } = policy
  const nowMs = now.getTime()
  const heldLevel = policy.defaultAccessLevel === 'quarantine' ? 'quarantine' : 'block'
  const named = (type: 'family' | 'model') =>
    new Map(
      policy.exceptions.flatMap(({ type: other, name, level }) =>
        other === type && level !== 'none' ? [[name.toLowerCase(), level] as const] : [],
      ),
    )
  const { grandfather } = settings
  return {
    policy,
    nowMs,
    current: compileRules(current.defaultLevel, current.rules),
    planned: compileRules(planned.defaultLevel, planned.rules),
    heldLevel,
    notCompliantLevel: settings.notCompliantLevel ?? heldLevel,
    notEnrolledLevel: settings.notEnrolledLevel ?? heldLevel,
    extraRules,
    grandfather: grandfather && {
      existedBeforeMs: Date.parse(grandfather.existedBefore),
      untilMs: Date.parse(grandfather.until),
    },
    newRecordGraceMs: settings.newRecordGraceMinutes * 60_000,
    assigning,
    exceptions: { family: named('family'), model: named('model') },
  }
}
