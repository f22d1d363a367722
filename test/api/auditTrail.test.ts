import { describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../functions/core/audit.ts'
import { api, graphError, now } from './apiFixture.ts'

const path = '/easgate/connectors/contoso/audit'

const entry = (subject: string): AuditEntry => ({
  at: now,
  actor: 'run r1',
  action: 'commandSent',
  runId: 'r1',
  subject,
  before: { allowed: [] },
  after: null,
  outcome: 'sent',
})

async function withRows(count: number) {
  const app = api()
  await app.store.appendAudit(
    'contoso',
    Array.from({ length: count }, (_, index) => entry(`m${index + 1}`)),
  )
  return { app, rows: await app.store.audit('contoso', 1, 99) }
}

test('rows come exactly as they are stored, hashes and all, oldest first', async () => {
  const { app, rows } = await withRows(3)
  const got = await app.call('GET', path)
  expect(got).toMatchObject({ status: 200 })
  expect(got.body).toEqual({ value: rows })
})

test('pages follow each other without gap or repeat', async () => {
  const { app, rows } = await withRows(5)
  const seen: unknown[] = []
  let url: string | undefined = `${path}?$top=2&from=2`
  const sizes: number[] = []
  while (url !== undefined) {
    const page: { value: unknown[]; '@odata.nextLink'?: string } = JSON.parse(
      JSON.stringify((await app.call('GET', url)).body),
    )
    seen.push(...page.value)
    sizes.push(page.value.length)
    if (sizes.length > 9) throw new Error('the links go on and on')
    url = page['@odata.nextLink']
  }
  expect(sizes).toEqual([2, 2])
  expect(seen).toEqual(rows.slice(1))
})

test('an export is the same rows as JSON lines, with their connector', async () => {
  const { app, rows } = await withRows(3)
  const got = await app.call('GET', `${path}/export?from=2`, { roles: ['Reader'] })
  expect(got).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-ndjson; charset=utf-8' } })
  expect(got.headers['link']).toBeUndefined()
  const lines = got.text?.trimEnd().split('\n')
  expect(lines?.map((line) => JSON.parse(line) as unknown)).toEqual(
    rows.slice(1).map((row) => ({ connectorId: 'contoso', ...row })),
  )
})

test('a long export names the link of its next part', async () => {
  const { app } = await withRows(10_001)
  const first = await app.call('GET', `${path}/export`)
  expect(first.text?.trimEnd().split('\n')).toHaveLength(10_000)
  const next = `https://easgate.example${path}/export?from=10001`
  expect(first.headers['link']).toBe(`<${next}>; rel="next"`)
  const second = await app.call('GET', `${path}/export?from=10001`)
  expect(second.text?.trimEnd().split('\n')).toHaveLength(1)
  expect(second.headers['link']).toBeUndefined()
})

test('an export of nothing is empty', async () => {
  expect((await api().call('GET', `${path}/export`)).text).toBe('')
})

test('beyond the end there is nothing yet', async () => {
  const { app } = await withRows(2)
  expect((await app.call('GET', `${path}?from=3`)).body).toEqual({ value: [] })
})

describe('400', () => {
  test.each(['0', '-1', '1.5', 'x', ''])('from=%s', async (from) => {
    const got = await api().call('GET', `${path}?from=${from}`)
    expect(got).toMatchObject({
      status: 400,
      body: graphError('badRequest', 'from must be the number of an audit row, 1 or more'),
    })
  })
  test('$top', async () => {
    const message = '$top must be a whole number from 1 to 1000'
    expect(await api().call('GET', `${path}?$top=1e3`)).toMatchObject({
      status: 400,
      body: graphError('badRequest', message),
    })
  })
})
