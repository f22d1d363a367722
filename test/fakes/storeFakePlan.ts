/** Plans and audit of the store in memory. */
import { auditText, firstPreviousHash, type AuditRow } from '../../functions/core/audit.ts'
import { AppError } from '../../functions/errors.ts'
import type { Store } from '../../functions/portsStore.ts'
import { compare, keyOf } from './storeFakeKeys.ts'

export function changes(): Pick<Store, 'putChanges' | 'changes' | 'saveOutcomes'> {
  const plans = new Map<string, Map<string, { change: string; outcome: string | null }>>()
  const planOf = (connectorId: string, runId: string) => {
    const plan = plans.get(keyOf(connectorId, runId)) ?? new Map<string, { change: string; outcome: string | null }>()
    plans.set(keyOf(connectorId, runId), plan)
    return plan
  }
  return {
    async putChanges(connectorId, runId, put) {
      const plan = planOf(connectorId, runId)
      if (new Set(put.map(({ key }) => key)).size < put.length) {
        throw new AppError('internal', 'a change comes twice in one write')
      }
      for (const { key, change } of put) {
        plan.set(key, { change: JSON.stringify(change), outcome: plan.get(key)?.outcome ?? null })
      }
    },
    async changes(connectorId, runId, prefix, after, top) {
      const rows = [...planOf(connectorId, runId)].filter(([key]) => key.startsWith(prefix))
      const following = rows.filter(([key]) => after === null || compare(key, after) > 0)
      const ordered = following.toSorted(([a], [b]) => compare(a, b)).slice(0, Math.max(top, 0))
      return ordered.map(([key, { change, outcome }]) => ({
        key,
        change: JSON.parse(change),
        outcome: outcome === null ? null : JSON.parse(outcome),
      }))
    },
    async saveOutcomes(connectorId, runId, outcomes) {
      const plan = planOf(connectorId, runId)
      for (const key of outcomes.keys()) {
        if (!plan.has(key)) throw new AppError('notFound', `run ${runId} has no change ${key}`)
      }
      for (const [key, outcome] of outcomes) {
        const row = plan.get(key)
        if (row) row.outcome = JSON.stringify(outcome)
      }
    },
  }
}

export function audit(hash: (text: string) => string): Pick<Store, 'appendAudit' | 'auditHead' | 'audit'> {
  const chains = new Map<string, AuditRow[]>()
  return {
    async appendAudit(connectorId, entries) {
      const chain = chains.get(connectorId) ?? []
      chains.set(connectorId, chain)
      for (const entry of entries) {
        const previousHash = chain.at(-1)?.hash ?? firstPreviousHash
        const seq = chain.length + 1
        const stored = { ...entry, before: entry.before ?? null, after: entry.after ?? null }
        const row: AuditRow = JSON.parse(JSON.stringify({ ...stored, seq, previousHash, hash: '' }))
        chain.push({ ...row, hash: hash(auditText(seq, previousHash, entry)) })
      }
    },
    async auditHead(connectorId) {
      const last = chains.get(connectorId)?.at(-1)
      return last ? { seq: last.seq, hash: last.hash } : null
    },
    async audit(connectorId, fromSeq, top) {
      const chain = chains.get(connectorId) ?? []
      const start = Math.max(fromSeq, 1) - 1
      return chain.slice(start, start + Math.max(top, 0)).map((row) => structuredClone(row))
    },
  }
}
