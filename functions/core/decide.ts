/** Asks the decision table: the decision for one EAS record, and every row that was asked. Pure. */
import type { Facts } from './conditions.ts'
import type { DecisionContext } from './decisionContext.ts'
import { decisionTable, retiring, type Rule, type Verdict } from './decisionTable.ts'
import type { TraceLine } from './traceLine.ts'
import type { Decision } from './types.ts'

/** The decision, with the quarantine's fallback where nothing in Exchange would quarantine the record. */
export function decide(facts: Facts, context: DecisionContext): Decision {
  for (const rule of rulesFor(context)) {
    const verdict = rule.ask(facts, context)
    if (verdict) return withFallback(verdict, facts)
  }
  throw new Error('the last row of the decision table fits everything')
}

/** Every row that was asked, in order, up to the one that decided. */
export function trace(facts: Facts, context: DecisionContext): TraceLine[] {
  const lines: TraceLine[] = []
  for (const { row, name, ask, inputs } of rulesFor(context)) {
    const fits = ask(facts, context) !== null
    lines.push({ row, rule: name, fits, inputs: inputs(facts, context) })
    if (fits) break
  }
  return lines
}

function rulesFor({ policy }: DecisionContext): readonly Rule[] {
  return policy.isWithdrawn ? [retiring] : decisionTable
}

function withFallback({ access, reason }: Verdict, { base, device }: Facts): Decision {
  return {
    access,
    reason,
    ...(access === 'quarantine' && base.level !== 'quarantine' ? { fallback: 'block' as const } : {}),
    ...(device ? { intuneDeviceId: device.id } : {}),
  }
}
