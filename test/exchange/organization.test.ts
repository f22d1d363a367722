/** One Exchange organization, one connector: two connectors over one store, their relays on real sockets. */
import { describe, expect, test } from 'vitest'
import { newConnector, type ConnectorState } from '../../functions/core/run.ts'
import { AppError } from '../../functions/errors.ts'
import type { Store } from '../../functions/portsStore.ts'
import { chainProblems } from '../e2e/auditProblems.ts'
import { fakeStore } from '../fakes/storeFake.ts'
import { approval, exchangeUnderTest, testNow } from './exchangeUnderTest.ts'
import { relayStarter } from './relayStarter.ts'
import { relayInfo } from './scriptedRelay.ts'

const start = relayStarter()
const at = testNow.toISOString()

interface Said {
  readonly organization?: string | null
  readonly replace?: boolean
}

/** A relay of the connector that says this of itself; one conversation in which nothing is asked. */
async function converse(store: Store, connectorId: string, said: Said = {}) {
  const relay = await start({ welcome: { connectorId, relay: { ...relayInfo, ...said } } })
  const tested = exchangeUnderTest([relay], { store }, [approval(relay)])
  const end = await tested.exchange.converse(connectorId, async () => 'worked').catch((error: unknown) => error)
  const { fingerprint } = relay.signer
  return { end, fingerprint, logged: tested.logged }
}

const row = async (store: Store, connectorId: string): Promise<ConnectorState> => ({
  ...newConnector(connectorId),
  ...(await store.document(connectorId, 'connector'))?.value,
})
const auditOf = async (store: Store, connectorId: string) =>
  (await store.audit(connectorId, 1, 99)).map(({ action, actor, outcome }) => [action, actor, outcome])
const owner = async (store: Store) => (await store.organization('contoso'))?.value.connectorId

describe('the first connector of an organization', () => {
  test('claims it, audited, and then costs one point read per conversation', async () => {
    const store = fakeStore()
    const first = await converse(store, 'a')
    expect(first.end).toBe('worked')
    expect((await store.organization('contoso'))?.value).toEqual({
      name: 'Contoso',
      connectorId: 'a',
      since: at,
      before: null,
    })
    expect((await row(store, 'a')).organization).toBe('Contoso')
    const actor = `relay ${first.fingerprint}`
    const chain = [
      ['organizationClaimed', actor, 'asked'],
      ['organizationClaimed', actor, 'done'],
    ]
    expect(await auditOf(store, 'a')).toEqual(chain)

    const before = store.requests()
    expect((await converse(store, 'a', { organization: 'CONTOSO' })).end).toBe('worked')
    expect(store.requests() - before).toBe(1)
    expect(await auditOf(store, 'a')).toEqual(chain)
  })

  test('claims nothing while its account may not read the name, and says so in the log', async () => {
    const store = fakeStore()
    const { end, logged } = await converse(store, 'a', { organization: null })
    expect(end).toBe('worked')
    expect(logged).toEqual([{ level: 'warn', event: 'exchange.organizationHidden', fields: { connectorId: 'a' } }])
    expect((await row(store, 'a')).organization).toBeNull()
    // Hidden later, it still serves what it claimed
    await converse(store, 'a')
    const later = await converse(store, 'a', { organization: null })
    expect([later.end, later.logged]).toEqual(['worked', []])
  })

  test('refuses a relay of another organization, dials for another relay, and says what to do', async () => {
    const store = fakeStore()
    await converse(store, 'a')
    const wrong = await start({ welcome: { connectorId: 'a', relay: { ...relayInfo, organization: 'Fabrikam' } } })
    const right = await start({ welcome: { connectorId: 'a' } })
    const approvals = [approval(wrong), approval(right)]
    const both = exchangeUnderTest([wrong, right], { store }, approvals)
    expect(await both.exchange.converse('a', async ({ relay }) => relay.fingerprint)).toBe(right.signer.fingerprint)

    const alone = exchangeUnderTest([wrong], { store }, approvals)
    await expect(alone.exchange.converse('a', async () => 1)).rejects.toMatchObject({
      code: 'relayRefused',
      retryable: true,
      message: expect.stringMatching(/"Fabrikam", and connector a serves "Contoso".*Reject this relay/),
    })
    expect((await row(store, 'a')).problem).toMatchObject({ code: 'relayRefused', since: at })
    expect(await store.organization('fabrikam')).toBeNull()
    // Over when a right one works
    await converse(store, 'a')
    expect((await row(store, 'a')).problem).toBeNull()
  })
})

describe('a second connector for the same organization', () => {
  test('is refused with the name of the first and both remedies, which its row keeps; the first goes on', async () => {
    const store = fakeStore()
    await converse(store, 'a')
    const { end } = await converse(store, 'b', { organization: 'contoso ' })
    const message =
      'Connector b cannot work: the Exchange organization "contoso " is served by connector a, and one organization has one connector. Retire connector a; or, if b is to take its place, join this relay again with --replace.'
    expect(end).toMatchObject({ code: 'organizationTaken', retryable: false, message })
    expect((await row(store, 'b')).problem).toEqual({ code: 'organizationTaken', message, since: at })
    expect([await owner(store), (await row(store, 'a')).retired]).toEqual(['a', null])
    expect((await converse(store, 'a')).end).toBe('worked')
  })

  test('works as soon as the first is retired, without replace; its problem is over', async () => {
    const store = fakeStore()
    await converse(store, 'a')
    await converse(store, 'b')
    const found = await store.document('a', 'connector')
    const retired = { by: null, at }
    if (found) await store.saveDocument('a', 'connector', { ...found.value, retired }, found.etag)
    expect((await converse(store, 'b')).end).toBe('worked')
    expect(await owner(store)).toBe('b')
    expect(await row(store, 'b')).toMatchObject({ organization: 'Contoso', problem: null })
    expect((await row(store, 'a')).retired).toEqual(retired)
  })

  test('with --replace takes its place: the first is retired and refused, audited on both chains', async () => {
    const store = fakeStore()
    await converse(store, 'a')
    const { end, fingerprint } = await converse(store, 'b', { replace: true })
    expect(end).toBe('worked')
    expect((await store.organization('contoso'))?.value).toMatchObject({ connectorId: 'b', before: 'a' })
    expect((await row(store, 'a')).retired).toEqual({ by: 'b', at })
    const actor = `relay ${fingerprint}`
    expect((await auditOf(store, 'a')).slice(2)).toEqual([
      ['connectorRetired', actor, 'asked'],
      ['connectorRetired', actor, 'done'],
    ])
    expect(await auditOf(store, 'b')).toEqual([
      ['organizationClaimed', actor, 'asked'],
      ['organizationClaimed', actor, 'done'],
    ])
    for (const chain of ['a', 'b']) expect(chainProblems(await store.audit(chain, 1, 99))).toEqual([])

    // Also when the relay of the first once joined with --replace itself: nothing goes back and forth
    const late = await converse(store, 'a', { replace: true })
    expect(late.end).toMatchObject({
      code: 'connectorRetired',
      retryable: false,
      message: `Connector a is retired: connector b serves the Exchange organization "Contoso" in its place since ${at}. Use connector b.`,
    })
    expect([await owner(store), (await row(store, 'b')).retired]).toEqual(['b', null])
  })

  test('cut after any write, is finished by the next conversation', async () => {
    for (let writes = 0; writes < 7; writes += 1) {
      const store = fakeStore()
      await converse(store, 'a')
      const cut = await converse(dyingAfter(store, writes), 'b', { replace: true })
      expect(cut.end).toMatchObject({ code: 'storeFailed' })
      // Never two that work: either nothing has happened to the first yet, or it is out
      const isRetired = (await row(store, 'a')).retired !== null
      expect((await converse(store, 'a')).end).toEqual(
        isRetired ? expect.objectContaining({ code: 'connectorRetired' }) : 'worked',
      )
      expect((await converse(store, 'b', { replace: true })).end).toBe('worked')
      expect([await owner(store), (await row(store, 'a')).retired?.by]).toEqual(['b', 'b'])
      expect((await row(store, 'b')).organization).toBe('Contoso')
    }
  })

  test('of two that replace at once, one serves the organization and the others are retired', async () => {
    const store = fakeStore()
    await converse(store, 'a')
    const both = ['b', 'c'].map((id) => converse(store, id, { replace: true }))
    await Promise.all(both)
    for (const id of ['b', 'c']) await converse(store, id, { replace: true })
    const working = []
    for (const id of ['a', 'b', 'c'])
      if ((await converse(store, id, { replace: true })).end === 'worked') working.push(id)
    expect(working).toEqual([await owner(store)])
  })
})

test('that no relay is there is noted once, and taken back by the first that works', async () => {
  const store = fakeStore()
  const noRelay = () => Promise.reject(new AppError('noRelay', 'nobody listens', { retryable: true }))
  const { exchange } = exchangeUnderTest([], { store, open: noRelay })
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(exchange.converse('a', async () => 1)).rejects.toMatchObject({ code: 'noRelay' })
  }
  expect((await row(store, 'a')).noRelaySince).toBe(at)
  await converse(store, 'a')
  expect((await row(store, 'a')).noRelaySince).toBeNull()
})

/** The process dies before the write of this number (from 0). */
function dyingAfter(store: Store, writes: number): Store {
  const isWrite = new Set<string | symbol>(['saveDocument', 'saveOrganization', 'appendAudit'])
  let left = writes
  return new Proxy(store, {
    get(target, name, receiver) {
      if (!isWrite.has(name) || (left -= 1) >= 0) return Reflect.get(target, name, receiver) as unknown
      return () => Promise.reject(new AppError('storeFailed', 'killed', { retryable: true }))
    },
  })
}
