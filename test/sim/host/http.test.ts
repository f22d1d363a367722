/** The host's HTTP side, over real sockets. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HostProcess, killHosts } from './hostProcess.ts'

let host: HostProcess
beforeAll(async () => {
  host = await HostProcess.start('http.js', { VERSION: '2' }, ['--key', 'k1'])
})
afterAll(killHosts)

const echo = async (path: string, init: RequestInit = {}): Promise<unknown> => (await host.get(path, init)).json()

describe('a request goes to the first function, by name, whose route and methods fit', () => {
  test.each([
    // method, path, function, parameters
    ['GET', '/items/a', 'item', { id: 'a' }],
    ['POST', '/items/a', 'item', { id: 'a' }],
    ['GET', '/items/a/', 'item', { id: 'a' }],
    ['GET', '/ITEMS/a', 'item', { id: 'a' }],
    ['DELETE', '/items/a', 'deleteItem', { id: 'a' }],
    ['GET', '/items/a/b', 'itemPart', { id: 'a', part: 'b' }],
    ['GET', '/items/special', 'aSpecial', {}],
    ['GET', '/items/17', 'aNumbered', { id: '17' }],
    ['GET', '/items/a%20b%2Fc', 'item', { id: 'a b%2Fc' }],
    ['GET', '/items/%C3%BC', 'item', { id: 'ü' }],
    ['GET', '/files/a/b/c.txt', 'files', { path: 'a/b/c.txt' }],
    ['GET', '/files', 'files', {}],
    ['GET', '/nameisroute', 'nameIsRoute', {}],
    ['GET', '/v-2/x', 'setting', {}],
  ])('%s %s is %s', async (method, path, name, params) => {
    expect(await echo(path, { method })).toMatchObject({ name, method, params })
  })

  test.each([
    ['GET', '/items'],
    ['GET', '/items/a/b/c'],
    ['GET', '/items//b'],
    ['PUT', '/items/a'],
    ['HEAD', '/v-2/x'],
    ['GET', '/api/items/a'],
    ['GET', '/v-%VERSION%/x'],
  ])('%s %s is 404 without a body', async (method, path) => {
    const response = await host.get(path, { method })
    expect([response.status, await response.text()]).toEqual([404, ''])
  })
})

test('query, headers and body bytes arrive; a repeated query parameter is joined by a comma', async () => {
  const got = await echo('/items/a?z=1&z=2&y=&x=%26', {
    method: 'POST',
    headers: { 'x-a': 'q' },
    body: new Uint8Array([0, 200, 10]),
  })
  expect(got).toMatchObject({
    query: { z: '1,2', y: '', x: '&' },
    header: 'q',
    body: 'AMgK',
    url: `${host.url}/items/a?z=1&z=2&y=&x=%26`,
  })
})

test('a body without Content-Length does not arrive, as in Azure, and the host says so', async () => {
  const body = await new Promise<string>((resolve, reject) => {
    const sent = request(
      `${host.url}/items/chunked`,
      { method: 'POST', headers: { 'transfer-encoding': 'chunked' } },
      (response) => {
        response.setEncoding('utf8').on('data', resolve)
      },
    )
    sent.on('error', reject).end('hello')
  })
  expect(JSON.parse(body)).toMatchObject({ params: { id: 'chunked' }, body: '' })
  await host.until((line) => line.message.startsWith('5 bytes of body were dropped'))
})

describe('what a function answers reaches the caller', () => {
  test.each([
    ['nothing', 204, ''],
    ['empty', 204, ''],
    ['teapot', 418, 'short'],
  ])('%s', async (kind, status, body) => {
    const response = await host.get(`/answers/${kind}`)
    expect([response.status, await response.text()]).toEqual([status, body])
  })

  test('headers, bytes, large bodies and cookies', async () => {
    expect((await host.get('/answers/teapot')).headers.get('x-b')).toBe('c')
    expect([...new Uint8Array(await (await host.get('/answers/bytes')).arrayBuffer())]).toEqual([0, 255, 128])
    expect((await (await host.get('/answers/large')).text()).length).toBe(20_000_000)
    const cookies = (await host.get('/answers/cookies')).headers.getSetCookie()
    expect(cookies).toEqual(['a=1%202; Path=/; SameSite=Strict; HttpOnly', 'b=2; Max-Age=60'])
  })

  test('HEAD has the headers of the answer and no body', async () => {
    const response = await host.get('/answers/teapot', { method: 'HEAD' })
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([418, '5', ''])
  })

  test.each(['throw', 'string'])('%s is 500 with an empty body, and the reason is in the log only', async (kind) => {
    const response = await host.get(`/answers/${kind}`)
    expect([response.status, await response.text()]).toEqual([500, ''])
    await host.until((line) => line.level === 'error' && line.functionName === 'answers')
  })
})

describe('with --key, functions that are not anonymous want it', () => {
  test.each([
    ['/locked', {}, 401],
    ['/locked', { 'x-functions-key': 'k2' }, 401],
    ['/locked', { 'x-functions-key': 'k1' }, 200],
    ['/locked?code=k1', {}, 200],
    ['/locked/admin', {}, 401],
    ['/locked/admin', { 'x-functions-key': 'k1' }, 200],
    ['/admin/host/status', {}, 200],
  ])('%s with %o is %i', async (path, headers, status) => {
    const response = await host.get(path, { headers: headers as Record<string, string> })
    await response.arrayBuffer()
    expect(response.status).toBe(status)
  })
})

test('status says Running', async () => {
  expect(await (await host.get('/admin/host/status')).json()).toEqual({ state: 'Running' })
})
