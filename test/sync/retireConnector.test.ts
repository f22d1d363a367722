/** A connector that a person retires: what easgate made goes from Exchange first, and the word can be taken back. */
import { describe, expect, test } from 'vitest'
import { organizationKey } from '../../functions/core/organization.ts'
import { newConnector } from '../../functions/core/run.ts'
import type { Policy, Settings } from '../../functions/core/types.ts'
import { approveRun } from '../../functions/sync/decideHeldRun.ts'
import { reinstateConnector, retireConnector } from '../../functions/sync/retireConnector.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { staff, staffPolicy } from './staff.ts'

const stateOf = async ({ store }: FakeSystem) => (await store.document(connectorId, 'connector'))?.value

/** Six people, three of them compliant; p6 has an entry of somebody else's. Easgate quarantines by default and blocks Windows phones. */
async function synced(settings: Partial<Settings> = {}, more: Partial<Policy> = {}) {
  const { exchange, graph } = staff(6, 3)
  const mailboxes = (exchange.mailboxes ?? []).map((mailbox, index) =>
    index === 5 ? { ...mailbox, ActiveSyncAllowedDeviceIDs: ['ByHand'] } : mailbox,
  )
  const exceptions = [{ type: 'family', name: 'WP8', level: 'block' }] as const
  const policy = staffPolicy(settings, { defaultAccessLevel: 'quarantine', exceptions, ...more })
  const system = await fakeSystem({ ...exchange, mailboxes }, graph, policy)
  await system.sync('full', { approve: true })
  expect(system.exchange.state.configuration()).toMatchObject({
    defaultLevel: 'quarantine',
    rules: [{ queryString: 'WP8' }],
  })
  system.clock.advance(60_000)
  return system
}

const listed = ({ exchange }: FakeSystem) =>
  exchange.state.mailboxes().flatMap(({ allowed, blocked }) => [...allowed, ...blocked])

const untouched = async (system: FakeSystem) => {
  const { defaultLevel, rules } = system.exchange.state.configuration()
  expect([listed(system), defaultLevel, rules]).toEqual([['ByHand'], 'allow', []])
}

test('everything of easgate’s goes and what stood there before comes back, then nothing runs any more', async () => {
  const system = await synced()
  expect(listed(system)).toEqual(['Dev1', 'Dev2', 'Dev3', 'ByHand'])
  const { state, runId } = await retireConnector(system.ports, connectorId, 'ada', true)
  expect([state, (await stateOf(system))?.retiring]).toMatchObject(['retiring', { by: 'ada' }])
  await system.drain()
  expect(await system.run(runId ?? '')).toMatchObject({ state: 'done', retires: true, policy: { enabled: false } })
  await untouched(system)
  expect(await stateOf(system)).toMatchObject({
    retired: { by: null },
    retiring: null,
    pendingFull: null,
    heldRun: null,
  })
  await expect(system.sync('quick')).rejects.toMatchObject({ code: 'connectorRetired' })
  await expect(retireConnector(system.ports, connectorId, 'ada', true)).rejects.toMatchObject({
    code: 'connectorRetired',
  })
})

test('pinned, excluded, switched off for ActiveSync or of nobody: an entry of easgate’s goes all the same', async () => {
  const pins = [{ record: 'r1', access: 'allow', note: '', until: null }] as const
  const system = await synced({ pins })
  system.exchange.state.putMailbox({ Guid: 'm2', ActiveSyncEnabled: false })
  system.directory.world = {
    ...system.directory.world,
    users: (system.directory.world.users ?? []).filter(({ id }) => id !== 'u3'),
  }
  await retireConnector(system.ports, connectorId, 'ada', true)
  await system.drain()
  const run = (await system.store.runs(connectorId, 1))[0]
  // That one of three enrolled people is gone is for the limits, and for a person
  if (run?.state === 'held') {
    await approveRun(system.ports, connectorId, run.id, 'ada')
    await system.drain()
  }
  await untouched(system)
  expect((await stateOf(system))?.retired).not.toBeNull()
})

test('quick syncs meanwhile put nothing back', async () => {
  const system = await synced()
  await retireConnector(system.ports, connectorId, 'ada', true)
  system.queue.take()
  const quick = await system.sync('quick')
  expect([quick.state, quick.policy.enabled, quick.retires]).toEqual(['done', false, undefined])
  await untouched(system)
  expect((await stateOf(system))?.retired).toBeNull()
})

test('a full sync that is on its way is not taken for the last: that one follows it', async () => {
  const system = await synced()
  const first = await startRun(system.ports, { connectorId, kind: 'full', askedBy: 'timer', dryRun: false })
  expect(await retireConnector(system.ports, connectorId, 'ada', true)).toEqual({ state: 'retiring', runId: null })
  await system.drain()
  expect(await system.run(first.runId ?? '')).toMatchObject({ state: 'done', policy: { enabled: true } })
  await untouched(system)
  expect((await stateOf(system))?.retired).not.toBeNull()
})

test('what could not be taken away keeps the connector; asked again, the next full sync goes on', async () => {
  const system = await synced()
  const failure = { category: 'accessDenied', message: 'protected user', ran: 'no' } as const
  system.exchange.faults.failMailboxes = new Map([['m2', failure]])
  await retireConnector(system.ports, connectorId, 'ada', true)
  await system.drain()
  expect(await stateOf(system)).toMatchObject({ retired: null, retiring: { by: 'ada' } })
  expect(listed(system)).toEqual(['Dev2', 'ByHand'])
  delete system.exchange.faults.failMailboxes
  await retireConnector(system.ports, connectorId, 'bob', true)
  await system.drain()
  await untouched(system)
  expect((await stateOf(system))?.retired).not.toBeNull()
})

test.each<Partial<Settings>>([{ stop: true }, { reportOnly: true }])(
  'with %j nothing is sent, and nothing is retired',
  async (settings) => {
    const system = await synced()
    const policy = (await system.store.document(connectorId, 'policy'))?.value ?? staffPolicy()
    await system.setPolicy({ ...policy, settings: { ...policy.settings, ...settings } })
    await retireConnector(system.ports, connectorId, 'ada', true)
    await system.drain()
    expect([listed(system).length, (await stateOf(system))?.retired]).toEqual([4, null])
  },
)

test('without withdrawal it ends at once, and Exchange is left as it is', async () => {
  const system = await synced()
  const before = system.exchange.conversations
  expect(await retireConnector(system.ports, connectorId, 'ada', false)).toEqual({ state: 'retired', runId: null })
  expect([system.exchange.conversations, listed(system).length]).toEqual([before, 4])
  expect((await stateOf(system))?.retired).toMatchObject({ by: null })
})

describe('taken back', () => {
  test('a retired connector goes by its policy again', async () => {
    const system = await synced()
    await retireConnector(system.ports, connectorId, 'ada', true)
    await system.drain()
    await reinstateConnector(system.ports, connectorId)
    await system.sync('full', { approve: true })
    expect(listed(system)).toEqual(['Dev1', 'Dev2', 'Dev3', 'ByHand'])
    await expect(reinstateConnector(system.ports, connectorId)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('before it was done: the run that withdraws does not retire it', async () => {
    const system = await synced()
    await retireConnector(system.ports, connectorId, 'ada', true)
    await reinstateConnector(system.ports, connectorId)
    await system.drain()
    expect(await stateOf(system)).toMatchObject({ retired: null, retiring: null })
    await system.sync('quick', { approve: true })
    await system.sync('full', { approve: true })
    expect(listed(system)).toEqual(['Dev1', 'Dev2', 'Dev3', 'ByHand'])
  })

  test.each([
    ['another connector serves its Exchange', null, 'organizationTaken'],
    ['that one is retired, too', { by: null, at: '2026-11-21T09:00:00.000Z' }, null],
  ])('%s', async (_title, retired, code) => {
    const system = await synced()
    const { store, ports } = system
    const found = await store.document(connectorId, 'connector')
    if (!found) throw new Error('no connector')
    const at = '2026-11-21T08:30:00.000Z'
    const row = { ...found.value, organization: 'Contoso', retired: { by: 'fabrikam', at } }
    await store.saveDocument(connectorId, 'connector', row, found.etag)
    const claim = { name: 'Contoso', connectorId: 'fabrikam', since: at, before: connectorId }
    await store.saveOrganization(organizationKey('Contoso'), claim, null)
    await store.saveDocument('fabrikam', 'connector', { ...newConnector('fabrikam'), retired }, null)
    const asked = reinstateConnector(ports, connectorId)
    if (code) {
      await expect(asked).rejects.toMatchObject({ code })
      return
    }
    expect((await asked).retired).toBeNull()
    expect((await store.organization(organizationKey('Contoso')))?.value).toMatchObject({
      connectorId,
      before: 'fabrikam',
    })
  })
})
