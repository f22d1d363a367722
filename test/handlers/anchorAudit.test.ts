import { expect, test } from 'vitest'
import type { AuditAnchor } from '../../functions/core/audit.ts'
import { AppError } from '../../functions/errors.ts'
import { onAnchorAudit } from '../../functions/handlers/onAnchorAudit.ts'
import type { Anchors } from '../../functions/ports.ts'
import { context, handlers, timer, unconfigured } from './handlerFixture.ts'

const entry = {
  at: '2026-11-21T08:00:00.000Z',
  actor: 'timer',
  action: 'commandSent',
  runId: null,
  subject: 'a',
  before: null,
  after: null,
  outcome: 'sent',
}

/** One for each connector and day; those of `broken` cannot be kept. */
function keeping() {
  const kept: AuditAnchor[] = []
  const anchors: Anchors = {
    async keep(anchor) {
      if (anchor.connectorId === 'broken')
        throw new AppError('storeFailed', 'the container is away', { retryable: true })
      const isThere = kept.some(
        ({ connectorId, at }) => connectorId === anchor.connectorId && at.slice(0, 10) === anchor.at.slice(0, 10),
      )
      if (!isThere) kept.push(anchor)
      return !isThere
    },
  }
  return { kept, anchors }
}

async function company(ids: readonly string[]) {
  const app = handlers(ids)
  const { kept, anchors } = keeping()
  const wiring = { ...app.wiring, anchors }
  const tick = () => onAnchorAudit(timer, context('anchorAudit'), wiring)
  return { ...app, kept, tick }
}

test('keeps the head of each connector that has an audit, once a day', async () => {
  const { store, clock, kept, log, tick } = await company(['contoso', 'fabrikam', 'new'])
  await store.appendAudit('contoso', [entry, entry])
  await store.appendAudit('fabrikam', [entry])
  await tick()
  await store.appendAudit('contoso', [entry])
  clock.advance(60 * 60_000)
  await tick()
  clock.advance(24 * 60 * 60_000)
  await tick()
  const head = await store.auditHead('contoso')
  expect(kept.map(({ connectorId, seq }) => [connectorId, seq])).toEqual([
    ['contoso', 2],
    ['fabrikam', 1],
    ['contoso', 3],
    ['fabrikam', 1],
  ])
  expect(kept[2]).toEqual({
    easgateAnchor: 1,
    connectorId: 'contoso',
    seq: 3,
    hash: head?.hash,
    at: clock.now().toISOString(),
  })
  expect(log.of('auditAnchored')).toHaveLength(4)
})

test('one head that cannot be kept does not stop the others; it is said, and the invocation fails', async () => {
  const { store, kept, log, tick } = await company(['broken', 'contoso'])
  for (const id of ['broken', 'contoso']) await store.appendAudit(id, [entry])
  await expect(tick()).rejects.toThrow('the container is away')
  expect(kept.map(({ connectorId }) => connectorId)).toEqual(['contoso'])
  const fields = { connectorId: 'broken', code: 'storeFailed', message: 'the container is away' }
  expect(log.of('auditNotAnchored')).toEqual([{ level: 'error', event: 'auditNotAnchored', fields }])
})

test('without a container nothing is kept and nothing goes wrong', async () => {
  const { store, wiring, log } = handlers()
  await store.appendAudit('contoso', [entry])
  await onAnchorAudit(timer, context('anchorAudit'), wiring)
  expect(log.lines).toEqual([])
})

test('an app that is not configured says what is missing', async () => {
  const { wiring } = handlers()
  await expect(onAnchorAudit(timer, context('anchorAudit'), unconfigured(wiring))).rejects.toThrow('A is missing')
})
