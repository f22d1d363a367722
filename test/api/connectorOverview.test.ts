import { describe, expect, test } from 'vitest'
import type { Activation } from '../../functions/core/activation.ts'
import type { DriftEntry } from '../../functions/core/drift.ts'
import { partitionOf } from '../../functions/core/partition.ts'
import { defaultPolicy, withDefaults } from '../../functions/core/settings.ts'
import type { StaleReport } from '../../functions/core/stale.ts'
import { saveActivation } from '../../functions/sync/activations.ts'
import { storedMailbox } from '../../functions/sync/storedMailboxes.ts'
import { mailbox } from '../core/build.ts'
import { newRun } from '../fakes/newRun.ts'
import { newConnector, type ConnectorState } from '../../functions/core/run.ts'
import { api, now } from './apiFixture.ts'

const path = '/easgate/connectors/contoso'

async function overview(state: Partial<ConnectorState> | null) {
  const app = api()
  if (state) await app.store.saveDocument('contoso', 'connector', { ...newConnector('contoso'), ...state }, null)
  return (await app.call('GET', path, { roles: ['Reader'] })).body
}

/** A connector of which nothing is known yet. */
const unknown = {
  id: 'contoso',
  name: 'contoso',
  status: 'none',
  organization: null,
  relay: null,
  noRelaySince: null,
  schedule: { quickMinutes: 1, fullSyncAt: null, nextFullSync: null },
  lastFullSync: null,
  lastQuickSync: null,
  heldRun: null,
  stale: null,
  retired: null,
  retiring: null,
  problem: null,
  toDo: [],
}

test('shows a connector that nothing is known of', async () => {
  expect(await overview(null)).toEqual(unknown)
})

test('shows which server is used, since when and why', async () => {
  const relay = {
    host: 'RELAY01',
    version: '1.2.3',
    server: 'ex2.contoso.com',
    serverSince: '2026-11-20T08:00:00.000Z',
    serverReason: 'ex1.contoso.com did not answer',
    organization: 'Contoso',
    seenAt: now,
  }
  const state = { relay, organization: 'Contoso', lastQuickSync: now }
  expect(await overview(state)).toEqual({ ...unknown, ...state, status: 'disconnected' })
})

test('says what a person must do', async () => {
  const problem = { code: 'organizationTaken', message: 'Retire fabrikam; or join again with --replace.', since: now }
  expect(await overview({ problem })).toEqual({ ...unknown, problem, toDo: [problem.message] })
})

test('of a retired connector says who took its place, and nothing else', async () => {
  const retired = { by: 'fabrikam', at: now }
  const problem = { code: 'organizationTaken', message: 'something', since: now }
  expect(await overview({ retired, organization: 'Contoso', problem })).toMatchObject({
    status: 'disconnected',
    retired,
    toDo: [expect.stringContaining('connector fabrikam serves the Exchange organization "Contoso" in its place')],
  })
})

test('tells the schedule, and when the next full sync is due by it', async () => {
  const app = api()
  const policy = withDefaults(defaultPolicy)
  const schedule = { quickMinutes: 5, fullSyncAt: ['02:00', '14:30'] }
  await app.store.saveDocument('contoso', 'policy', { ...policy, settings: { ...policy.settings, schedule } }, null)
  await app.store.saveDocument('contoso', 'connector', { ...newConnector('contoso'), lastFullSync: now }, null)
  expect((await app.call('GET', path, { roles: ['Reader'] })).body).toMatchObject({
    schedule: { ...schedule, nextFullSync: '2026-11-21T14:30:00.000Z' },
  })
})

describe('a search for stale partnerships', () => {
  const report: StaleReport = {
    days: 180,
    cutoff: now,
    limits: null,
    isWhole: false,
    records: 10,
    found: 3,
    byModel: {},
    left: {},
    refusal: null,
  }
  test.each([
    ['running', 'findStale', { runId: 's1', removes: false, askedBy: 'timer', startedAt: now, found: 3 }],
    ['running', 'removeStale', { runId: 's1', removes: true, askedBy: 'timer', startedAt: now, found: 3 }],
    ['done', 'removeStale', null],
  ] as const)('that is %s in %s', async (state, step, shown) => {
    const app = api()
    const run = newRun({ connectorId: 'contoso', id: 's1', startedAt: now, mode: 'stale', state, step, stale: report })
    await app.store.saveRun(run, null)
    await app.store.saveDocument('contoso', 'connector', { ...newConnector('contoso'), staleRun: 's1' }, null)
    expect((await app.call('GET', path, { roles: ['Reader'] })).body).toMatchObject({ stale: shown })
  })
})

describe('what waits for a person is in one list:', () => {
  async function toDo(given: (app: ReturnType<typeof api>) => Promise<Partial<ConnectorState>>) {
    const app = api()
    await app.store.saveDocument('contoso', 'connector', { ...newConnector('contoso'), ...(await given(app)) }, null)
    return ((await app.call('GET', path, { roles: ['Reader'] })).body as { toDo: string[] }).toDo
  }

  test('a held plan, with why, how to decide and until when', async () => {
    const refusal = {
      limit: 'losingNumber',
      what: null,
      number: 9,
      of: 10,
      allowed: 1,
      message: '9 would lose.',
    } as const
    const held = newRun({ connectorId: 'contoso', id: 'r1', startedAt: now, state: 'held', refusal })
    const of = (run: typeof held) =>
      toDo(async ({ store }) => {
        await store.saveRun(run, null)
        return { heldRun: 'r1' }
      })
    expect(await of(held)).toEqual([
      `The plan of a full sync is held since ${now}: 9 would lose. POST easgate/connectors/contoso/runs/r1/approve or …/reject; without that it expires at 2026-11-22T08:00:00.000Z.`,
    ])
    expect(await of({ ...held, state: 'expired' })).toEqual([])
  })

  test('relays that nobody approved yet', async () => {
    const relay = { publicKey: 'k', host: 'RELAY01', firstSeen: now, lastSeen: now, about: null }
    const list = await toDo(async ({ store }) => {
      for (const state of ['pending', 'approved', 'rejected'] as const)
        await store.saveRelay('contoso', { ...relay, fingerprint: `f-${state}`, state }, null)
      return {}
    })
    expect(list).toEqual([
      expect.stringMatching(/^A relay on RELAY01 waits .* fingerprint f-pending .*f-pending\/approve/),
    ])
  })

  test.each([
    [0, []],
    [1, [expect.stringMatching(/^1 activation waits for approval: GET .*activations\?state=waiting\.$/)]],
    [230, [expect.stringMatching(/^230 activations wait /)]],
    [501, [expect.stringMatching(/^500 of the first 500 activations wait .*, the others were not looked at/)]],
  ])('%i activations that wait', async (count, expected) => {
    const list = await toDo(async ({ ports, store }) => {
      const kind = 'mailbox' as const
      const row = { mailboxGuid: 'm1', kind, id: '', data: JSON.stringify(mailbox({ guid: 'm1' })), decision: null }
      await store.writeRows('contoso', partitionOf('m1'), [row], [])
      const own = (await storedMailbox(store, 'contoso', 'm1'))!
      const ids = Array.from({ length: count }, (_, index) => String(index).padStart(4, '0'))
      for (const id of ids) await saveActivation(ports, 'contoso', own, waiting(id))
      await saveActivation(ports, 'contoso', own, { ...waiting('x'), state: 'bound' })
      return {}
    })
    expect(list).toEqual(expected)
  })

  test('a fight over what easgate sets, until a full sync sees it no more', async () => {
    const entry = (given: Partial<DriftEntry>): DriftEntry => ({
      thing: 'defaultLevel',
      expected: 'quarantine',
      found: 'allow',
      state: 'fighting',
      firstSeen: now,
      lastSeen: now,
      mendedAt: null,
      runId: 'r1',
      ...given,
    })
    const of = (entries: DriftEntry[], lastFullSync = now) =>
      toDo(async ({ store }) => {
        await store.saveDocument('contoso', 'drift', { entries, mends: {} }, null)
        return { lastFullSync }
      })
    expect(await of([entry({})])).toEqual([expect.stringMatching(/^Somebody sets defaultLevel .* since .*\/drift\.$/)])
    expect(await of([entry({}), entry({ state: 'mended' })])).toEqual([])
    expect(await of([entry({ state: 'left' })])).toEqual([])
    expect(await of([entry({})], '2026-11-22T08:00:00.000Z')).toEqual([])
  })
})

function waiting(record: string): Activation {
  return {
    record,
    deviceId: `D${record}`,
    state: 'waiting',
    userId: 'user-1',
    intuneDeviceId: null,
    azureAdDeviceId: null,
    isApproved: false,
    evidence: { proof: { kind: 'none', by: 'deviceClaim', isLate: false }, why: [], likeness: null, devices: [] },
    at: now,
    decided: null,
    usedLinks: [],
  }
}
