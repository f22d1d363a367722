import { expect, test } from 'vitest'
import { connectorId, fakeSystem } from './fakeSystem.ts'
import { failRun } from '../../functions/sync/failRun.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import { runStep } from '../../functions/sync/runStep.ts'
import { staff, staffPolicy } from './staff.ts'

test('a run that fails after its commands were sent leaves none of them without an end, and the next one knows what became of them', async () => {
  const { exchange, graph } = staff(3, 3)
  const system = await fakeSystem(exchange, graph, staffPolicy())
  const { faults, journal } = system.exchange
  // One outcome is heard, one command runs unheard, one never runs; then nobody approves of the relay any more
  faults.loseAfterOutcomes = { count: 1, silent: 1 }
  faults.before = (call) => {
    if (call === 'change') faults.notApproved = true
  }
  const run = await system.sync('full', { approve: true })
  expect([run.state, run.failure?.step, run.failure?.code]).toEqual(['failed', 'apply', 'relayNotApproved'])
  expect(journal.map(({ isTold }) => isTold)).toEqual([true, false])

  const audit = await system.store.audit(connectorId, 1, 1_000)
  const idsOf = (...actions: string[]) =>
    audit.flatMap(({ action, after }) => (actions.includes(action) ? [(after as { id: string }).id] : []))
  expect(idsOf('commandSent')).toHaveLength(3)
  expect(idsOf('commandEnded', 'changeSettled').toSorted()).toEqual(idsOf('commandSent').toSorted())
  const changes = await system.store.changes(connectorId, run.id, '', null, 100)
  expect(changes.map(({ outcome }) => outcome?.state)).toEqual(['done', 'failed', 'failed'])

  Object.assign(faults, { notApproved: false, before: undefined })
  system.clock.advance(30 * 60_000)
  const next = await system.sync('full', { approve: true })
  expect([next.state, journal.length]).toEqual(['done', 3])
})

test.each([
  ['apply', null],
  ['notify', null],
  ['takeLease', 'apply'],
] as const)('nor one that fails at %s (%s), where it may have sent some', async (step, cursor) => {
  const { exchange, graph } = staff(2, 2)
  const { ports, store, queue } = await fakeSystem(exchange, graph, staffPolicy())
  const { runId } = await startRun(ports, { connectorId, kind: 'full', askedBy: 'test', dryRun: false })
  const id = runId ?? ''
  for (let at = 0; (await store.run(connectorId, id))?.value.step !== 'apply'; at += 1) {
    const taken = queue.take()
    if (taken) await runStep(ports, taken.message, { id: `message${at}`, dequeueCount: 1 })
  }
  const found = await store.run(connectorId, id)
  if (found) await store.saveRun({ ...found.value, step, cursor }, found.etag)
  await failRun(ports, { connectorId, runId: id, position: 0 }, { code: 'gaveUp', message: 'five deliveries' })
  const changes = await store.changes(connectorId, id, '', null, 100)
  expect(changes.map(({ outcome }) => outcome?.state)).toEqual(['failed', 'failed'])
})
