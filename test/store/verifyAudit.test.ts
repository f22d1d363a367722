/** The audit chain shows what was done to it. */
import { describe, expect, test } from 'vitest'
import type { AuditRow } from '../../functions/core/audit.ts'
import { auditText } from '../../functions/core/audit.ts'
import { sha256, verifyAuditChain } from '../../functions/store/verifyAudit.ts'
import { fakeStore } from '../fakes/storeFake.ts'

const entries = ['a', 'b', 'c', 'd', 'e'].map((subject) => ({
  at: '2026-11-21T08:00:00.000Z',
  actor: 'timer',
  action: 'commandSent',
  runId: 'r1',
  subject,
  before: { allowed: ['X'] },
  after: null,
  outcome: 'sent',
}))

async function chain(): Promise<AuditRow[]> {
  const store = fakeStore()
  await store.appendAudit('c', entries)
  return [...(await store.audit('c', 1, 100))]
}

/** The row with another content, and a hash that fits it again. */
function forged(row: AuditRow, change: Partial<AuditRow>): AuditRow {
  const changed = { ...row, ...change }
  return { ...changed, hash: sha256(auditText(changed.seq, changed.previousHash, changed)) }
}

describe('verifyAuditChain', () => {
  test('finds nothing in a chain as it was written, nor in a part of it, nor in none', async () => {
    const rows = await chain()
    expect(verifyAuditChain(rows)).toBeNull()
    expect(verifyAuditChain(rows.slice(2))).toBeNull()
    expect(verifyAuditChain([])).toBeNull()
  })

  test.each<[string, Partial<AuditRow>]>([
    ['the time', { at: '2026-11-21T09:00:00.000Z' }],
    ['the actor', { actor: 'someone' }],
    ['the action', { action: 'commandEnded' }],
    ['the run', { runId: null }],
    ['the subject', { subject: 'x' }],
    ['what was before', { before: { allowed: ['x'] } }],
    ['what was after', { after: {} }],
    ['the outcome', { outcome: 'done' }],
    ['the hash', { hash: '0'.repeat(64) }],
  ])('finds that %s of a row was changed', async (_, change) => {
    const rows = (await chain()).map((row) => (row.seq === 3 ? { ...row, ...change } : row))
    expect(verifyAuditChain(rows)).toEqual({ seq: 3, problem: 'changedRow' })
  })

  test('finds a row that was changed and hashed again, by the row after it', async () => {
    const rows = (await chain()).map((row) => (row.seq === 3 ? forged(row, { outcome: 'done' }) : row))
    expect(verifyAuditChain(rows)).toEqual({ seq: 4, problem: 'brokenLink' })
  })

  test('finds a row that is missing, and one that comes twice or too early', async () => {
    const [a, b, c, d, e] = await chain()
    if (!a || !b || !c || !d || !e) throw new Error('the chain is too short')
    expect(verifyAuditChain([a, b, d, e])).toEqual({ seq: 4, problem: 'gap' })
    expect(verifyAuditChain([a, b, b, c])).toEqual({ seq: 2, problem: 'gap' })
    expect(verifyAuditChain([a, c, b])).toEqual({ seq: 3, problem: 'gap' })
  })

  test('finds a chain that was begun anew on a forged first row', async () => {
    const [first] = await chain()
    if (!first) throw new Error('the chain is empty')
    const row = forged(first, { previousHash: sha256('nothing') })
    expect(verifyAuditChain([row])).toEqual({ seq: 1, problem: 'brokenLink' })
  })
})
