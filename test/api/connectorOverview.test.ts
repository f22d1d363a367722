import { expect, test } from 'vitest'
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
  lastFullSync: null,
  lastQuickSync: null,
  heldRun: null,
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
