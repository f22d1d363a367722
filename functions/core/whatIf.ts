/** What another policy would do to a tenant: who gains access and who loses it, why, by group and model. Pure. */
import type { MailboxFacts, MailboxVerdict } from './decideMailbox.ts'
import type { ConfigurationChange } from './plan.ts'
import type { Access, Decision, EasRecord } from './types.ts'

export interface Effect {
  readonly gaining: number
  readonly losing: number
}

export interface WhatIfExample {
  readonly record: string
  readonly mailbox: string
  readonly user: string | null
  readonly type: string | null
  readonly model: string | null
  /** By the policy as it is saved, recomputed; and by the proposed one. */
  readonly before: Pick<Decision, 'access' | 'reason'>
  readonly after: Pick<Decision, 'access' | 'reason'>
  /** The saved policy would do the same: it is not the edit that does. */
  readonly isAnyway: boolean
}

/** Gaining and losing: against what Exchange does now, as the limits count. */
export interface WhatIfReport extends Effect {
  readonly records: number
  readonly nowAllowed: number
  /** Of those: gaining or losing by the saved policy too, at its next full sync. */
  readonly anyway: Effect
  /** Decisions that are others, with or without an effect on access. */
  readonly changed: number
  /** `<reason before> → <reason after>`. */
  readonly byReason: Readonly<Record<string, Effect>>
  /** By the policy's groups that the user is in; a user may be in several. */
  readonly byGroup: Readonly<Record<string, Effect>>
  readonly byModel: Readonly<Record<string, Effect>>
  /** The first of each. */
  readonly examples: { readonly gaining: readonly WhatIfExample[]; readonly losing: readonly WhatIfExample[] }
  /** What would become of Exchange's own configuration. */
  readonly configuration: readonly ConfigurationChange[]
  /** Mailboxes that would get another EAS mailbox policy. */
  readonly reassigned: number
}

export const emptyReport: WhatIfReport = {
  records: 0,
  nowAllowed: 0,
  gaining: 0,
  losing: 0,
  anyway: { gaining: 0, losing: 0 },
  changed: 0,
  byReason: {},
  byGroup: {},
  byModel: {},
  examples: { gaining: [], losing: [] },
  configuration: [],
  reassigned: 0,
}

const mostExamples = 50
/** Models beyond so many are counted as one. */
const mostModels = 200
const otherModels = '(other models)'

export interface Compared {
  readonly guid: string
  readonly facts: MailboxFacts
  /** By the policy as it is saved, and by the proposed one, with its own groups. */
  readonly saved: MailboxVerdict
  readonly proposed: MailboxVerdict
  /** Groups of the proposed policy that the owner is in. */
  readonly groups: readonly string[]
}

/** The report with one more mailbox in it. */
export function withMailbox(report: WhatIfReport, compared: Compared): WhatIfReport {
  const isReassigned = compared.proposed.changes.some(({ kind }) => kind === 'assignment')
  let after = isReassigned ? { ...report, reassigned: report.reassigned + 1 } : report
  for (const [index, { record }] of compared.facts.records.entries()) after = withRecord(after, compared, record, index)
  return after
}

function withRecord(report: WhatIfReport, compared: Compared, record: EasRecord, index: number): WhatIfReport {
  const [before, after] = [compared.saved.decisions[index], compared.proposed.decisions[index]]
  const effect = compared.proposed.effects[index]
  if (!before || !after || !effect) return report
  const isChanged = before.access !== after.access || before.reason !== after.reason
  const counted = {
    ...report,
    records: report.records + 1,
    nowAllowed: report.nowAllowed + (effect.now === 'allow' ? 1 : 0),
    changed: report.changed + (isChanged ? 1 : 0),
  }
  const kind = kindOf(effect)
  if (!kind) return counted
  const saved = compared.saved.effects[index]
  const isAnyway = saved !== undefined && kindOf(saved) === kind
  return withEffect(
    counted,
    kind,
    {
      record: record.guid,
      mailbox: compared.guid,
      user: compared.proposed.owner?.user.id ?? null,
      type: record.deviceType,
      model: record.deviceModel,
      before: { access: before.access, reason: before.reason },
      after: { access: after.access, reason: after.reason },
      isAnyway,
    },
    compared.groups,
  )
}

function kindOf({ now, after }: { readonly now: Access; readonly after: Access }): keyof Effect | null {
  if (now === after || (now !== 'allow' && after !== 'allow')) return null
  return after === 'allow' ? 'gaining' : 'losing'
}

function withEffect(
  report: WhatIfReport,
  kind: keyof Effect,
  example: WhatIfExample,
  groups: readonly string[],
): WhatIfReport {
  const { before, after, isAnyway } = example
  const named = example.model ?? example.type ?? '(not told)'
  const isKnown = Object.hasOwn(report.byModel, named) || Object.keys(report.byModel).length < mostModels
  const model = isKnown ? named : otherModels
  const examples = report.examples[kind]
  return {
    ...report,
    [kind]: report[kind] + 1,
    anyway: isAnyway ? { ...report.anyway, [kind]: report.anyway[kind] + 1 } : report.anyway,
    byReason: counted(report.byReason, `${before.reason} → ${after.reason}`, kind),
    byGroup: groups.reduce((all, group) => counted(all, group, kind), report.byGroup),
    byModel: counted(report.byModel, model, kind),
    examples: examples.length < mostExamples ? { ...report.examples, [kind]: [...examples, example] } : report.examples,
  }
}

function counted(all: Readonly<Record<string, Effect>>, name: string, kind: keyof Effect): Record<string, Effect> {
  const before = Object.hasOwn(all, name) ? all[name] : undefined
  const effect = before ?? { gaining: 0, losing: 0 }
  return { ...all, [name]: { ...effect, [kind]: effect[kind] + 1 } }
}
