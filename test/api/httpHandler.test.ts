import { describe, expect, test } from 'vitest'
import { AppError, type ErrorCode } from '../../functions/errors.ts'
import { api, errorHeaders, graphError } from './apiFixture.ts'

const path = '/v1.0/deviceManagement/exchangeConnectors'

/** An app whose store fails like this. */
function failing(thrown: Error) {
  const app = api()
  app.ports.store.relays = async () => {
    throw thrown
  }
  return app
}

describe('a failure is answered by its code', () => {
  const cases: [ErrorCode, number, string][] = [
    ['badRequest', 400, 'badRequest'],
    ['groupNotFound', 400, 'badRequest'],
    ['notFound', 404, 'itemNotFound'],
    ['conflict', 409, 'conflict'],
    ['changedMeanwhile', 409, 'conflict'],
    ['storeFailed', 503, 'serviceNotAvailable'],
    ['badConfiguration', 503, 'serviceNotAvailable'],
    ['graphFailed', 503, 'serviceNotAvailable'],
  ]
  test.each(cases)('%s: %i %s, with its message', async (code, status, graphCode) => {
    const got = await failing(new AppError(code, 'what failed')).call('GET', path)
    const extra = status === 503 ? { 'retry-after': '5' } : {}
    expect(got).toEqual({ status, headers: { ...errorHeaders, ...extra }, body: graphError(graphCode, 'what failed') })
  })
})

test('what was not foreseen is in the log and not in the answer', async () => {
  const app = failing(new TypeError('key=hunter2 in table x'))
  const got = await app.call('GET', path)
  const message = 'This was not foreseen; the log has it under the request-id.'
  expect(got).toEqual({ status: 500, headers: errorHeaders, body: graphError('generalException', message) })
  expect(app.log.of('httpFailed')).toMatchObject([
    {
      level: 'error',
      fields: { route: 'listConnectors', status: 500, code: 'internal', message: 'key=hunter2 in table x' },
    },
  ])
})

test('a refused caller is logged without who it is', async () => {
  const app = api()
  await app.call('GET', path, { roles: null })
  expect(app.log.lines).toEqual([
    { level: 'warn', event: 'httpRefused', fields: { route: 'listConnectors', status: 401 } },
  ])
})

describe('the caller’s client-request-id', () => {
  test.each(['3c2b6f1e-0000-4000-8000-000000000001', '{a.b:c_d}'])('%s comes back', async (id) => {
    const got = await api().call('GET', path, { headers: { 'client-request-id': id } })
    expect(got.headers['client-request-id']).toBe(id)
    const refused = await api().call('GET', path, { roles: null, headers: { 'client-request-id': id } })
    expect(refused.body).toMatchObject({ error: { innerError: { 'client-request-id': id } } })
  })
  test.each(['<script>', 'x'.repeat(129), 'a b'])('%s does not', async (id) => {
    const got = await api().call('GET', path, { headers: { 'client-request-id': id } })
    expect(got.headers['client-request-id']).toBe(errorHeaders['request-id'])
  })
})

test('no answer is kept by a cache or guessed to be a page', async () => {
  const { headers } = await api().call('GET', path)
  expect(headers).toEqual(errorHeaders)
})
