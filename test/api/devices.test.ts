import { describe, expect, test } from 'vitest'
import { partitionCount } from '../../functions/core/partition.ts'
import type { Decision, EasRecord, Owner } from '../../functions/core/types.ts'
import type { StoredRow } from '../../functions/portsStore.ts'
import { api, graphError } from './apiFixture.ts'

const path = '/easgate/connectors/contoso/devices'

function record(mailboxGuid: string, id: string, decision: Decision | null = null): StoredRow {
  const data: EasRecord = {
    guid: id,
    mailboxDn: 'CN=x',
    deviceId: `ID-${id}`,
    deviceType: 'iPhone',
    deviceModel: null,
    deviceOs: null,
    userAgent: null,
    clientType: 'EAS',
    firstSync: null,
    state: 'allowed',
    stateReason: null,
  }
  return { mailboxGuid, kind: 'record', id, data: JSON.stringify(data), decision: decision && JSON.stringify(decision) }
}

function owner(mailboxGuid: string, userId: string, evidence: Owner['evidence']): StoredRow {
  const user = { id: userId, upn: null, displayName: null, addresses: [], dn: null, sid: null, isLicensed: true }
  const data: Owner = { user, evidence, isIncluded: true, isExcluded: false }
  return { mailboxGuid, kind: 'user', id: userId, data: JSON.stringify(data), decision: null }
}

const shown = (id: string, mailbox: string | null) => ({
  record: id,
  mailbox,
  deviceId: `ID-${id}`,
  type: 'iPhone',
  model: null,
  state: 'allowed',
  access: null,
  reason: null,
  fallback: null,
  intuneDeviceId: null,
  user: null,
})

/** All pages from this one on, following the links as a client does. */
async function pages(app: ReturnType<typeof api>, first: string): Promise<{ records: string[][]; last: unknown }> {
  const records: string[][] = []
  let last: unknown
  for (let url: string | undefined = first; url !== undefined;) {
    const got = await app.call('GET', url)
    const page: { value: { record: string }[]; '@odata.nextLink'?: string } = JSON.parse(JSON.stringify(got.body))
    records.push(page.value.map((row) => row.record))
    last = got.body
    if (records.length > 9) throw new Error('the links go on and on')
    url = page['@odata.nextLink']
  }
  return { records, last }
}

test('no records: one empty page', async () => {
  expect(await api().call('GET', path)).toMatchObject({ status: 200, body: { value: [] } })
})

test('a record with its decision, and the user that its mailbox belongs to', async () => {
  const app = api()
  const decision: Decision = { access: 'quarantine', reason: 'notEnrolled', fallback: 'block', intuneDeviceId: 'd1' }
  const mailbox: StoredRow = { mailboxGuid: 'm1', kind: 'mailbox', id: '', data: '{}', decision: null }
  const mark: StoredRow = { mailboxGuid: '', kind: 'mark', id: '', data: '{}', decision: null }
  const rows = [
    mark,
    mailbox,
    owner('m1', 'u1', 'smtp'),
    owner('m1', 'u2', 'dn'),
    record('m1', 'r1', decision),
    record('m2', 'r2'),
  ]
  await app.store.writeRows('contoso', 3, rows, [])
  await app.store.writeRows('contoso', 5, [record('dn:ab', 'r3')], [])
  const decided = { access: 'quarantine', reason: 'notEnrolled', fallback: 'block', intuneDeviceId: 'd1', user: 'u2' }
  expect((await app.call('GET', path)).body).toEqual({
    value: [{ ...shown('r1', 'm1'), ...decided }, shown('r2', 'm2'), shown('r3', null)],
  })
})

const five = async () => {
  const app = api()
  await app.store.writeRows('contoso', 0, [record('m2', 'c'), record('m1', 'b'), record('m1', 'a')], [])
  await app.store.writeRows('contoso', partitionCount - 1, [record('k1', 'd'), record('k2', 'e')], [])
  return app
}

describe('pages', () => {
  const cases: [number, string[][]][] = [
    [1, [['a'], ['b'], ['c'], ['d'], ['e']]],
    [2, [['a', 'b'], ['c', 'd'], ['e']]],
    [
      3,
      [
        ['a', 'b', 'c'],
        ['d', 'e'],
      ],
    ],
    [4, [['a', 'b', 'c', 'd'], ['e']]],
    [5, [['a', 'b', 'c', 'd', 'e']]],
    [1000, [['a', 'b', 'c', 'd', 'e']]],
  ]
  test.each(cases)('of %i hold every record once, and no link leads to an empty page', async (top, expected) => {
    const { records, last } = await pages(await five(), `${path}?$top=${top}`)
    expect(records).toEqual(expected)
    expect(last).not.toHaveProperty('@odata.nextLink')
  })

  test('a record that goes away between two pages takes no other with it', async () => {
    const app = await five()
    const first = await app.call('GET', `${path}?$top=2`)
    await app.store.writeRows('contoso', 0, [], [record('m1', 'b')])
    const { '@odata.nextLink': next }: { '@odata.nextLink': string } = JSON.parse(JSON.stringify(first.body))
    expect((await pages(app, next)).records).toEqual([['c', 'd'], ['e']])
  })
})

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('400', () => {
  const top = '$top must be a whole number from 1 to 1000'
  const token = '$skiptoken is none of ours; follow @odata.nextLink as it is'
  const cases: [string, string, string][] = [
    ['$top=0', '?$top=0', top],
    ['$top=1001', '?$top=1001', top],
    ['$top=all', '?$top=all', top],
    ['$top=-1', '?$top=-1', top],
    ['empty $top', '?$top=', top],
    ['a foreign token', '?$skiptoken=abc', token],
    ['a partition that is none', `?$skiptoken=${encode({ partition: partitionCount, after: '' })}`, token],
    ['a token of another list', `?$skiptoken=${encode(7)}`, token],
  ]
  test.each(cases)('%s', async (_title, query, message) => {
    expect(await api().call('GET', path + query)).toMatchObject({
      status: 400,
      body: graphError('badRequest', message),
    })
  })
})
