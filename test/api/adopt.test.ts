import { describe, expect, test } from 'vitest'
import type { Policy, Settings } from '../../functions/core/types.ts'
import { fakeSystem } from '../sync/fakeSystem.ts'
import { staff, staffPolicy } from '../sync/staff.ts'
import { api, graphError, personId } from './apiFixture.ts'

const root = '/easgate/connectors/contoso/adopt'

/**
 * Six people; the original connector allowed everybody's phone. The first three are compliant, the others not enrolled; p6 has an entry of a phone that is
 * gone, too.
 */
async function company(settings: Partial<Settings> = {}, more: Partial<Policy> = {}) {
  const { exchange, graph } = staff(6, 3)
  const mailboxes = (exchange.mailboxes ?? []).map((mailbox, index) => ({
    ...mailbox,
    ActiveSyncAllowedDeviceIDs: [`DEV${index + 1}`, ...(index === 5 ? ['OldPhone'] : [])],
  }))
  const system = await fakeSystem({ ...exchange, mailboxes }, graph, staffPolicy(settings, more))
  await system.sync('full')
  const app = api(['contoso'], { ports: async () => system.ports })
  return { system, post: (path: string, body: unknown) => app.call('POST', `${root}${path}`, { body }) }
}

test('a preview says how many entries there are, whose, and what would become of each, and changes nothing', async () => {
  const { system, post } = await company()
  expect(await system.decisions()).toMatchObject({ r1: { reason: 'manualEntry' }, r6: { reason: 'manualEntry' } })
  const audits = (await system.store.audit('contoso', 1, 99)).length
  const got = await post('/preview', { all: true })
  expect(got).toMatchObject({
    status: 200,
    body: {
      entries: 7,
      mailboxes: 6,
      kept: 3,
      removed: 4,
      byReason: {
        compliant: { kept: 3, removed: 0 },
        notEnrolled: { kept: 0, removed: 3 },
        recordGone: { kept: 0, removed: 1 },
      },
      missing: null,
    },
  })
  const kept = { deviceId: 'DEV1', list: 'allowed', becomes: 'kept', access: 'allow', reason: 'compliant' }
  expect(got.body).toHaveProperty('value', expect.arrayContaining([{ mailbox: 'm1', user: 'u1', ...kept }]))
  expect((await post('/preview', { all: true })).body).toEqual(got.body)
  expect((await system.store.audit('contoso', 1, 99)).length).toBe(audits)
})

test('adopted entries are decided by the next quick sync as the preview said; nothing is sent before', async () => {
  const { system, post } = await company()
  const preview = await post('/preview', { all: true })
  expect((await post('', { all: true })).body).toEqual(preview.body)
  expect(system.exchange.journal).toEqual([])
  const audit = await system.store.audit('contoso', 1, 99)
  expect(audit.filter(({ action }) => action === 'entriesAdopted')).toHaveLength(6)
  expect(audit.filter(({ action }) => action === 'adoptionAsked')).toMatchObject([
    { actor: personId, outcome: 'asked', after: { kind: 'all' } },
    { actor: personId, outcome: 'done' },
  ])
  system.clock.advance(60_000)
  expect(await system.sync('quick')).toMatchObject({ state: 'done', mode: 'changes' })
  const lists = (n: number) => system.exchange.lists(`m${n}`)
  expect([lists(1), lists(4), lists(6)]).toMatchObject([
    { allowed: ['DEV1'], blocked: [] },
    { allowed: [], blocked: ['Dev4'] },
    { allowed: [], blocked: ['Dev6'] },
  ])
})

test('the same once more adopts nothing', async () => {
  const { post } = await company()
  await post('', { all: true })
  expect((await post('', { all: true })).body).toMatchObject({ entries: 0, mailboxes: 0, value: [] })
})

test('by group: only mailboxes whose owner is a member', async () => {
  const { system, post } = await company()
  expect((await post('', { groups: ['sales'] })).body).toMatchObject({ entries: 3, kept: 2, removed: 1 })
  system.clock.advance(60_000)
  await system.sync('quick')
  expect([1, 2, 3, 4, 5, 6].filter((n) => system.exchange.lists(`m${n}`).blocked.length > 0)).toEqual([5])
})

test('from a file: mailboxes by Guid or address, and what was not found is named', async () => {
  const { post } = await company()
  const missing = [
    { mailbox: 'm2', deviceId: 'Dev1' },
    { mailbox: 'nobody@c.com', deviceId: 'Dev2' },
  ]
  const found = [
    { mailbox: 'M1', deviceId: 'dev1' },
    { mailbox: 'P6@c.com', deviceId: 'oldphone' },
  ]
  const got = await post('', { entries: [...found, ...missing] })
  expect(got.body).toMatchObject({ entries: 2, kept: 1, removed: 1, missing })
  expect((await post('', { entries: found })).body).toMatchObject({ entries: 0, missing: found })
})

test('a large tenant answers part by part, each with the way on', async () => {
  const { system, post } = await company()
  // Every look at the clock takes a minute
  const clock = { now: () => (system.clock.advance(60_000), new Date(system.clock.now())) }
  const app = api(['contoso'], { ports: async () => ({ ...system.ports, clock }) })
  let next: string | undefined = `${root}/preview`
  let [entries, answers] = [0, 0]
  while (next !== undefined) {
    const { body } = await app.call('POST', next, { body: { all: true } })
    const page = body as { entries: number; '@odata.nextLink'?: string }
    entries += page.entries
    answers += 1
    next = page['@odata.nextLink']
  }
  expect([entries, answers]).toEqual([7, 64])
  expect((await post('/preview', { all: true })).body).toMatchObject({ entries: 7 })
})

test('more than one run’s due mailboxes make the next quick sync decide everything stored', async () => {
  const { decideAgain } = await import('../../functions/sync/changes/decideAgain.ts')
  const { system } = await company()
  const many = Array.from({ length: 501 }, (_, index) => `m${index}`)
  await decideAgain(system.ports, 'contoso', many)
  expect(await system.store.listPlaces('contoso', 'due', { after: '', to: null, top: 9 })).toEqual([])
  expect(await system.sync('quick')).toMatchObject({ mode: 'stored', state: 'done' })
  expect(await system.sync('quick')).toMatchObject({ mode: 'changes' })
})

describe('400', () => {
  const which = 'say which entries: one of all (true), groups (ids) and entries (mailbox, deviceId)'
  test.each<[string, unknown, string]>([
    ['nothing', {}, which],
    ['two ways at once', { all: true, groups: ['staff'] }, which],
    ['not all', { all: false }, 'all: Invalid input: expected true'],
    ['a group that is not there', { groups: ['nobody'] }, 'Group nobody does not exist.'],
  ])('%s', async (_title, body, message) => {
    const { post } = await company()
    expect(await post('', body)).toMatchObject({ status: 400, body: graphError('badRequest', message) })
  })

  test('10,000 entries are read, one more is refused', async () => {
    const { post } = await company()
    const entries = Array.from({ length: 10_001 }, (_, index) => ({
      mailbox: `${'m'.repeat(90)}${index}`,
      deviceId: `d${index}`,
    }))
    expect((await post('/preview', { entries: entries.slice(1) })).body).toMatchObject({ entries: 0 })
    expect((await post('/preview', { entries })).status).toBe(400)
  })
})
