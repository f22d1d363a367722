import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectorId } from '../../sim/local/stack.ts'
import { company } from './company.ts'
import { startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'

const own = `/easgate/connectors/${connectorId}`

interface Device {
  readonly record: string
  readonly access: string
  readonly reason: string
}

let running: RunningCompany
beforeAll(async () => {
  running = await startCompany(company(4))
})
afterAll(stopCompanies)

const devices = async () => (await running.stack.app.get<{ value: readonly Device[] }>(`${own}/devices`)).value
const decisionOf = async (record: string) => {
  const found = (await devices()).find((one) => one.record === record)
  return `${found?.access} ${found?.reason}`
}
async function send(method: string, path: string, body?: object): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const url = `${running.stack.urls.app}${own}/${path}`
  return (await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) })).status
}
const sync = async (kind: 'full' | 'quick') => (await running.stack.app.sync({ kind, approve: true })).state

test('a pin set over HTTP is carried out by the next quick sync, listed, and undone when it is taken away', async () => {
  expect(await sync('full')).toBe('done')
  const found = (await devices()).find(({ reason }) => reason === 'compliant')
  const record = found?.record ?? ''
  expect(await send('PUT', `pins/${record}`, { access: 'block', note: 'lost on the train' })).toBe(200)
  expect(await sync('quick')).toBe('done')
  expect(await decisionOf(record)).toBe('block pinned')
  const pins = await running.stack.app.all<{ record: string; note: string }>(`${own}/pins`)
  expect(pins).toMatchObject([{ record, note: 'lost on the train' }])
  expect(await send('DELETE', `pins/${record}`)).toBe(204)
  expect(await sync('quick')).toBe('done')
  expect(await decisionOf(record)).toBe('allow compliant')
  expect(await send('PUT', 'pins/00000000-0000-4000-8000-000000000404', { access: 'block', note: 'n' })).toBe(404)
})
