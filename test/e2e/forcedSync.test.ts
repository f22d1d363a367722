import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Delay } from '../../functions/core/delay.ts'
import type { RunView } from '../../sim/local/app.ts'
import { company } from './company.ts'
import { startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'
import { until } from './until.ts'

const connectors = '/v1.0/deviceManagement/exchangeConnectors'
const json = { 'content-type': 'application/json' }

let running: RunningCompany
beforeAll(async () => {
  running = await startCompany(company(4))
})
afterAll(stopCompanies)

describe('POST exchangeConnectors/{id}/sync', () => {
  test.each([
    ['fullSync', 'full'],
    ['deltaSync', 'quick'],
  ])('answers 204 to %s and runs it', async (syncType, kind) => {
    const answer = await post('local', JSON.stringify({ syncType }))
    expect([answer.status, await answer.text()]).toEqual([204, ''])
    const run = await running.ended(answer.headers.get('easgate-run-id') ?? '')
    expect([run.kind, run.state]).toEqual([kind, 'done'])
  })

  test.each([
    ['a connector that does not exist', 'nowhere', '{"syncType":"fullSync"}', 404, 'itemNotFound', /nowhere/],
    ['a sync type that does not exist', 'local', '{"syncType":"everything"}', 400, 'badRequest', /syncType/],
    ['no sync type', 'local', '{}', 400, 'badRequest', /syncType/],
    ['a property too many', 'local', '{"syncType":"fullSync","force":true}', 400, 'badRequest', /force/],
    ['a text that is no JSON', 'local', '{"syncType":', 400, 'badRequest', /JSON/],
    ['no body', 'local', '', 400, 'badRequest', /./],
  ])('refuses %s in the error body of Graph and starts nothing', async (_what, id, body, status, code, message) => {
    const before = await runs()
    const answer = await post(id, body)
    const { error } = (await answer.json()) as { error: { code: string; message: string; innerError: object } }
    expect([answer.status, error.code]).toEqual([status, code])
    expect(error.message).toMatch(message)
    expect(Object.keys(error.innerError).toSorted()).toEqual(['client-request-id', 'date', 'request-id'])
    expect(await runs()).toHaveLength(before.length)
  })

  test('a full sync asked for while a quick one runs is not lost: it starts when that is done', async () => {
    await running.slowDown({ 'Get-CASMailbox': 700 })
    const quick = await post('local', '{"syncType":"deltaSync"}')
    const full = await post('local', '{"syncType":"fullSync"}')
    await running.slowDown({})
    expect([quick.headers.get('easgate-run'), full.headers.get('easgate-run')]).toEqual(['started', 'queued'])
    const quickRun = await running.ended(quick.headers.get('easgate-run-id') ?? '')
    const fullRun = await until('the full sync that waited', async () => {
      const [newest] = await runs()
      return newest?.kind === 'full' && newest.startedAt >= (quickRun.endedAt ?? '') ? newest : null
    })
    expect((await running.ended(fullRun.id)).state).toBe('done')
  })
})

describe('GET exchangeConnectors', () => {
  test('has Graph’s properties, connected and with the time of the last sync', async () => {
    const run = await sync()
    const { value } = await running.stack.app.get<{ value: Record<string, unknown>[] }>(connectors)
    expect(value).toEqual([
      {
        id: 'local',
        lastSyncDateTime: run.endedAt,
        status: 'connected',
        primarySmtpAddress: null,
        serverName: expect.any(String),
        connectorServerName: expect.any(String),
        exchangeConnectorType: 'onPremises',
        version: expect.any(String),
        exchangeAlias: null,
        exchangeOrganization: expect.any(String),
      },
    ])
    const one = await running.stack.app.get<Record<string, unknown>>(`${connectors}/local`)
    expect(one).toMatchObject(value[0] ?? {})
  })
})

describe('the report of a quick sync', () => {
  test('shows how long a compliance change took to reach Exchange', async () => {
    await sync()
    await quickSync()
    const { app, urls } = running.stack
    const { managedDevices } = company(4).world.graph as { managedDevices: { id: string }[] }
    const id = managedDevices[0]?.id
    const patch = { managedDevices: [{ id, complianceState: 'noncompliant' }] }
    expect((await fetch(`${urls.graph}/_sim/patch`, { method: 'POST', body: JSON.stringify(patch) })).ok).toBe(true)
    const changedMs = Date.now()
    const run = await quickSync()
    const report = await app.get<{ delay: Delay | null }>(`/easgate/connectors/local/runs/${run.id}`)
    // Graph says no time: what is shown is from the reading before, so never less than it was
    expect(report.delay?.changes).toBe(1)
    expect(report.delay?.p95Seconds).toBeLessThanOrEqual(120)
    expect(Date.parse(run.endedAt ?? '') - changedMs).toBeLessThan(120_000)
    expect(run.counts['outcome.done']).toBe(1)
  })
})

describe('a step that fails at every delivery', () => {
  test('ends its run as failed, naming step and reason; the next run is done', async () => {
    // Graph asks for more patience than an invocation has: the step fails at once, each of five times
    const fault = { fault: 'status', status: 503, retryAfter: 600, path: '/users?', count: null }
    await graphFaults('POST', fault)
    const failed = await sync()
    await graphFaults('DELETE')
    expect([failed.state, failed.failure?.code, failed.failure?.step]).toEqual(['failed', 'graphFailed', 'gatherUsers'])
    expect(failed.failure?.message).toMatch(/Reading users from Microsoft Graph failed: 503/)
    expect((await sync()).state).toBe('done')
  })
})

async function post(id: string, body: string): Promise<Response> {
  return fetch(`${running.stack.urls.app}${connectors}/${id}/sync`, { method: 'POST', headers: json, body })
}

async function quickSync(): Promise<RunView> {
  const answer = await post('local', '{"syncType":"deltaSync"}')
  return running.ended(answer.headers.get('easgate-run-id') ?? '')
}

async function sync(): Promise<RunView> {
  return running.ended(await running.askForFullSync())
}

/** Newest first. */
async function runs(): Promise<readonly RunView[]> {
  return (await running.stack.app.get<{ value: readonly RunView[] }>('/easgate/connectors/local/runs?$top=200')).value
}

async function graphFaults(method: 'POST' | 'DELETE', fault?: object): Promise<void> {
  const body = fault === undefined ? {} : { body: JSON.stringify(fault) }
  const answer = await fetch(`${running.stack.urls.graph}/_sim/faults`, { method, headers: json, ...body })
  expect(answer.status).toBe(204)
}
