/** Timer functions on the real clock. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HostProcess, killHosts } from './hostProcess.ts'

let host: HostProcess
beforeAll(async () => {
  host = await HostProcess.start('timers.js', { EVERY_SECOND: '* * * * * *' })
})
afterAll(killHosts)

test('a timer fires by its schedule, is handed what Azure hands it, and is not started again while it runs', async () => {
  const started = await host.until((line) => line.functionName === 'slow' && line.message.startsWith('started'))
  expect(JSON.parse(started.message.slice('started '.length))).toEqual({
    schedule: { adjustForDST: true },
    scheduleStatus: null,
    isPastDue: false,
  })
  await host.until((line) => line.functionName === 'slow' && line.message.startsWith('a tick was left out'))
  expect(host.logged('slow').filter((message) => message.startsWith('started')).length).toBe(1)

  await host.get('/release', { method: 'POST' })
  await host.until((line) => line.message === 'ended')
  const again = await host.until(
    (line) => line.message.startsWith('started') && line.invocationId !== started.invocationId,
  )
  expect(host.lines.indexOf(again)).toBeGreaterThan(host.lines.findIndex((line) => line.message === 'ended'))
})

test('runOnStartup runs a timer once at the start', async () => {
  await host.until((line) => line.functionName === 'atStart' && line.message === 'ran')
})

test('POST /admin/functions/{name} starts a timer by hand and answers 202 at once', async () => {
  const response = await host.get('/admin/functions/BYHAND', { method: 'POST', body: '{"input":"test"}' })
  expect(response.status).toBe(202)
  await host.until((line) => line.functionName === 'byHand' && line.message === 'ran')
})

test.each([
  ['POST', 'nobody', '{}', 404],
  ['GET', 'byHand', undefined, 404],
  ['POST', 'byHand', 'not json', 400],
  ['POST', 'release', '{}', 400],
])('%s /admin/functions/%s with %s is %i', async (method, name, body, status) => {
  const response = await host.get(`/admin/functions/${name}`, { method, ...(body === undefined ? {} : { body }) })
  expect(response.status).toBe(status)
})
