import { describe, expect, test } from 'vitest'
import { AppError } from '../../functions/errors.ts'
import type { Store } from '../../functions/portsStore.ts'
import { fakeSystem } from '../sync/fakeSystem.ts'
import { staff, staffPolicy } from '../sync/staff.ts'
import { api, personId } from './apiFixture.ts'

const device = (n: number) => `/easgate/connectors/contoso/devices/r${n}`

/** Two people; the phone of the first is compliant and allowed by easgate, that of the second blocked. */
async function company() {
  const { exchange, graph } = staff(2, 1)
  const system = await fakeSystem(exchange, graph, staffPolicy())
  await system.sync('full')
  const app = api(['contoso'], { ports: async () => system.ports })
  const post = (path: string, body: unknown = {}) => app.call('POST', path, { body })
  const actions = async () =>
    (await system.store.audit('contoso', 1, 999)).filter(({ action }) => action.startsWith('device.'))
  const ledger = async () => (await system.store.ledgerWipe('contoso', 'r1'))?.value
  return { system, post, actions, ledger }
}

describe('wipe', () => {
  test('is sent once, audited before and after in the person’s name', async () => {
    const { system, post, actions, ledger } = await company()
    const got = await post(`${device(1)}/wipe`)
    expect([got.status, got.body]).toEqual([200, { state: 'done', message: null }])
    expect(system.exchange.destroys.executed).toMatchObject([{ kind: 'wipe', record: 'r1', accountOnly: false }])
    expect(await ledger()).toMatchObject({ state: 'done', by: personId, accountOnly: false })
    expect(await actions()).toMatchObject([
      { actor: personId, action: 'device.wipe', subject: 'r1', outcome: 'asked' },
      { actor: personId, action: 'device.wipe', subject: 'r1', outcome: 'done' },
    ])
  })

  test('of two at once one is sent', async () => {
    const { system, post } = await company()
    const got = await Promise.all([post(`${device(1)}/wipe`), post(`${device(1)}/wipe`)])
    expect(got.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    expect(system.exchange.destroys.executed).toHaveLength(1)
  })

  test.each(['before', 'after'] as const)(
    'with an unknown outcome (lost %s) is not repeated, unless a person says so',
    async (breaks) => {
      const { system, post, ledger } = await company()
      system.exchange.destroys.breaks = breaks
      expect((await post(`${device(1)}/wipe`)).body).toMatchObject({ state: 'unknown' })
      const sent = system.exchange.destroys.executed.length
      const again = await post(`${device(1)}/wipe`)
      expect([again.status, JSON.stringify(again.body)]).toEqual([409, expect.stringContaining('may have been sent')])
      expect([system.exchange.destroys.executed.length, (await ledger())?.state]).toEqual([sent, 'unknown'])
      expect((await post(`${device(1)}/wipe`, { again: true })).body).toMatchObject({ state: 'done' })
      expect(system.exchange.destroys.executed).toHaveLength(sent + 1)
    },
  )

  test('whoever dies after sending it leaves a claim that nobody sends again by itself', async () => {
    const { system, post } = await company()
    let writes = 0
    const store = { ...system.ports.store }
    Object.assign(store, {
      saveLedgerWipe: (...given: Parameters<Store['saveLedgerWipe']>) =>
        (writes += 1) === 1
          ? system.store.saveLedgerWipe(...given)
          : Promise.reject(new AppError('storeFailed', 'gone')),
    })
    const dying = api(['contoso'], { ports: async () => ({ ...system.ports, store }) })
    expect((await dying.call('POST', `${device(1)}/wipe`, { body: {} })).status).toBe(503)
    expect(system.exchange.destroys.executed).toHaveLength(1)
    expect(JSON.stringify((await post(`${device(1)}/wipe`)).body)).toContain('is being sent')
    expect((await post(`${device(1)}/wipe`, { again: true })).status).toBe(409)
    system.clock.advance(20 * 60_000)
    expect(JSON.stringify((await post(`${device(1)}/wipe`)).body)).toContain('may have been sent')
    expect(system.exchange.destroys.executed).toHaveLength(1)
  })

  test('is refused by a relay whose switch is off: 409 with the remedy; later it may be asked again', async () => {
    const { system, post, ledger, actions } = await company()
    system.exchange.destroys.isRefused = true
    const got = await post(`${device(1)}/wipe`)
    expect([got.status, JSON.stringify(got.body)]).toEqual([409, expect.stringContaining('switched off on this relay')])
    expect([(await ledger())?.state, (await actions()).at(-1)?.outcome]).toEqual(['failed', 'failed: conflict'])
    system.exchange.destroys.isRefused = false
    expect((await post(`${device(1)}/wipe`, { accountOnly: true })).body).toMatchObject({ state: 'done' })
  })

  test('that was cancelled may be asked again; the cancelling is of the same kind', async () => {
    const { system, post, ledger } = await company()
    await post(`${device(1)}/wipe`, { accountOnly: true })
    expect((await post(`${device(1)}/cancelWipe`)).body).toEqual({ state: 'done', message: null })
    expect(system.exchange.destroys.executed.at(-1)).toMatchObject({ kind: 'cancelWipe', accountOnly: true })
    expect((await ledger())?.state).toBe('cancelled')
    expect((await post(`${device(1)}/wipe`)).status).toBe(200)
  })

  test.each<[string, string, unknown, number]>([
    ['no body', `${device(1)}/wipe`, '', 400],
    ['a word that is none', `${device(1)}/wipe`, { accountonly: true }, 400],
    ['a phone that nobody knows', `${device(9)}/wipe`, {}, 404],
    ['a phone of another mailbox', `${device(1)}/wipe?mailbox=m2`, {}, 404],
  ])('%s sends nothing', async (_title, path, body, status) => {
    const { system, post, actions } = await company()
    expect((await post(path, body)).status).toBe(status)
    expect([system.exchange.destroys.executed, await actions()]).toEqual([[], []])
  })
})

describe('remove', () => {
  test('ends the partnership and takes the id off both lists, whoever put it there', async () => {
    const { system, post } = await company()
    system.exchange.state.putMailbox({
      Guid: 'm1',
      ActiveSyncAllowedDeviceIDs: ['Dev1', 'Other'],
      ActiveSyncBlockedDeviceIDs: ['DEV1'],
    })
    const got = await post(`${device(1)}/remove`)
    expect(got.body).toEqual({ state: 'done', message: null, lists: ['allowed', 'blocked'] })
    expect(system.exchange.lists('m1')).toMatchObject({ allowed: ['Other'], blocked: [] })
    expect(system.exchange.state.records().map(({ guid }) => guid)).toEqual(['r2'])
    system.clock.advance(60_000)
    await system.sync('quick')
    expect([Object.keys(await system.decisions()), system.exchange.lists('m1').allowed]).toEqual([['r2'], ['Other']])
  })

  test('may be repeated: a partnership that is gone is as good as ended, and the lists are looked at again', async () => {
    const { system, post } = await company()
    system.exchange.state.removeDevice('r2')
    const got = await post(`${device(2)}/remove`)
    expect(got.body).toEqual({ state: 'done', message: 'it was gone already', lists: ['blocked'] })
    expect((await post(`${device(2)}/remove`)).body).toMatchObject({ state: 'done', lists: [] })
  })

  test('that the relay does not allow touches no list', async () => {
    const { system, post } = await company()
    system.exchange.destroys.isRefused = true
    expect((await post(`${device(2)}/remove`)).status).toBe(409)
    expect(system.exchange.lists('m2').blocked).toEqual(['Dev2'])
  })
})
