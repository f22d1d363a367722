// What the relay does when an Exchange server fails: its own code, the stand-in shell as its child, the simulated Exchange with five servers.
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { relayInfoOf } from '../../relay/relayInfo.ts'
import { rememberServers } from '../../relay/servers/serverMemory.ts'
import { ex1, ex2, ex3, guidOf, settled, startExchangeSide, until, world, type TestSide } from './startExchangeSide.ts'
import { serveExchange } from '../sim/exchange/startExchange.ts'
import { newFolder } from './startRelay.ts'

const own = { version: '0.0.0', parallel: 2, sendsMail: false, replace: false }
const infoOf = ({ side }: TestSide) => relayInfoOf(side.host, own)
const block = (index: number) => ({ Identity: guidOf(index), ActiveSyncBlockedDeviceIDs: { Add: [`PHONE${index}`] } })
const journal = async ({ exchange }: TestSide) => {
  const { commands } = await exchange.get('/_sim/commands')
  return Array.isArray(commands) ? commands.map(({ parameters }) => String(parameters.Identity)) : []
}

/** With one session: the command that finds the server dead. Nobody knows what became of it, and it is not made again. */
async function findOut(relay: TestSide): Promise<void> {
  const rule = { QueryString: 'iPad', Characteristic: 'DeviceType', AccessLevel: 'Block' }
  const outcome = await relay.run('New-ActiveSyncDeviceAccessRule', rule)
  expect(outcome).toMatchObject({ ok: false, error: { category: 'sessionBroken' } })
}

/** A simulated Exchange whose EX1 is down, and the folder of a relay that has seen better days. */
async function withPrimaryDown() {
  const exchange = await serveExchange(world)
  await exchange.post('/_sim/faults', { unreachable: [ex1] })
  const stateDir = newFolder()
  await rememberServers(stateDir, ex1, { others: [ex3, ex2], learnedMs: Date.now() })
  return { exchange, stateDir }
}

test('after the first session it learns who may stand in, the nearest first, and remembers them', async () => {
  const relay = await startExchangeSide()
  await settled(relay)
  expect(relay.side.servers.others).toEqual([ex3, ex2])
  expect(infoOf(relay)).toMatchObject({
    server: ex1,
    serverReason: 'it is the configured server',
    serverSince: expect.stringMatching(/^\d{4}-.*Z$/),
  })
  await until(() => readdirSync(relay.stateDir).includes('exchange-servers.json'))
})

test('a relay that starts while the primary is down goes to a server that it remembers', async () => {
  const relay = await startExchangeSide({ ...(await withPrimaryDown()), waits: false })
  expect(await relay.run('Set-CASMailbox', block(1))).toMatchObject({ ok: true })
  expect(infoOf(relay)).toMatchObject({
    server: ex3,
    serverReason: expect.stringContaining(`${ex1} failed (sessionBroken)`),
  })
  expect(relay.lines('relay.server.failedOver')).toMatchObject([{ level: 40, from: ex1, to: ex3 }])
})

test('a relay that never was connected has nowhere to go: it tries the primary until that answers', async () => {
  const { exchange } = await withPrimaryDown()
  const relay = await startExchangeSide({ exchange, waits: false })
  await until(() => relay.lines('relay.powershell.failed').length >= 2)
  expect(() => infoOf(relay)).toThrow('no session to Exchange')
  await relay.faults({ unreachable: null })
  expect(await relay.run('Set-CASMailbox', block(1))).toMatchObject({ ok: true })
  expect(relay.lines('relay.server.failedOver')).toEqual([])
})

test('when the primary dies in the middle of a batch, what was not started runs on another server, and nothing is lost', async () => {
  const relay = await startExchangeSide()
  await settled(relay)
  await relay.faults({ latencyMs: 15 })
  const outcomes = Array.from({ length: 40 }, async (_, index) => relay.run('Set-CASMailbox', block(index)))
  await Promise.race(outcomes)
  await relay.faults({ unreachable: [ex1] })
  const all = await Promise.all(outcomes)
  const unknown = all.filter(({ ok }) => !ok)
  // What was under way on two sessions is not known; everything else was made, once.
  expect(unknown.length).toBeLessThanOrEqual(2)
  expect(unknown.every(({ error }) => error?.category === 'sessionBroken')).toBe(true)
  const made = await journal(relay)
  expect(new Set(made).size).toBe(made.length)
  expect(made.length).toBeGreaterThanOrEqual(40 - unknown.length)
  expect(infoOf(relay)).toMatchObject({ server: ex3 })
  expect(relay.lines('relay.server.failedOver')).toMatchObject([{ from: ex1, to: ex3 }])
})

test('the same child opens the sessions on the other server', async () => {
  const relay = await startExchangeSide({ parallel: 1 })
  await settled(relay)
  const { pid } = relay.side.host
  await relay.faults({ unreachable: [ex1] })
  await findOut(relay)
  expect(await relay.run('Set-CASMailbox', block(1))).toMatchObject({ ok: true })
  expect(infoOf(relay).server).toBe(ex3)
  expect(relay.side.host.pid).toBe(pid)
})

describe('while it is on another server', () => {
  async function failedOver(): Promise<TestSide> {
    const relay = await startExchangeSide({ ...(await withPrimaryDown()) })
    await relay.run('Get-CASMailbox', { Identity: guidOf(0) })
    await settled(relay)
    return relay
  }
  const nextTrial = (relay: TestSide) => relay.planned().find(({ minutes }) => minutes <= 30)

  test('it tries the primary after 1, 2 and 4 minutes, and returns when that opens a session', async () => {
    const relay = await failedOver()
    for (const minutes of [1, 2]) {
      await until(() => nextTrial(relay) !== undefined)
      expect(nextTrial(relay)?.minutes).toBe(minutes)
      nextTrial(relay)?.happen()
    }
    await until(() => nextTrial(relay)?.minutes === 4)
    expect(infoOf(relay).server).toBe(ex3)
    await relay.faults({ unreachable: null })
    nextTrial(relay)?.happen()
    await until(() => relay.lines('relay.server.returned').length > 0)
    expect(relay.lines('relay.server.returned')).toMatchObject([{ level: 30, from: ex3, to: ex1 }])
    expect(infoOf(relay)).toMatchObject({ server: ex1, serverReason: 'the configured server answers again' })
    expect(await relay.run('Set-CASMailbox', block(1))).toMatchObject({ ok: true })
    expect(nextTrial(relay)).toBeUndefined()
  })

  test('a primary whose port answers and which opens no session is not returned to, and nobody notices the trial', async () => {
    const relay = await failedOver()
    await relay.faults({ unreachable: null, refusing: [ex1] })
    const { pid } = relay.side.host
    nextTrial(relay)?.happen()
    const outcome = relay.run('Set-CASMailbox', block(1))
    await until(() => relay.lines('relay.server.trialFailed').length > 0)
    expect(relay.lines('relay.server.trialFailed')).toMatchObject([{ server: ex1, category: 'accessDenied' }])
    expect(await outcome).toMatchObject({ ok: true })
    expect([infoOf(relay).server, relay.side.host.pid]).toEqual([ex3, pid])
  })

  test('it returns at a moment with no command running: what runs ends where it began', async () => {
    const relay = await failedOver()
    await relay.faults({ unreachable: null, latencyMs: 250 })
    const slow = relay.run('Set-CASMailbox', block(1))
    nextTrial(relay)?.happen()
    expect(await slow).toMatchObject({ ok: true })
    await until(() => relay.lines('relay.server.returned').length > 0)
    expect(await journal(relay)).toEqual([guidOf(1)])
  })

  test('the sessions of the trial and of the server that was left are closed', async () => {
    const relay = await failedOver()
    await relay.faults({ unreachable: null })
    nextTrial(relay)?.happen()
    await until(() => relay.lines('relay.server.returned').length > 0)
    await relay.run('Get-CASMailbox', { Identity: guidOf(0) })
    expect(Number((await relay.exchange.get('/_sim/shells'))['open'])).toBeLessThanOrEqual(2)
  })
})

test.each([
  ['casFailover: false', { casFailover: false }],
  ['hosted Exchange', { kind: 'hosted', scheme: 'https' }],
])('with %s it stays, waits, and goes on when the server is back', async (_title, connection) => {
  const relay = await startExchangeSide({ parallel: 1, connection, stateDir: (await withPrimaryDown()).stateDir })
  await until(() => relay.side.permissions !== undefined)
  expect(relay.side.servers.count).toBe(1)
  await relay.faults({ unreachable: [ex1] })
  await findOut(relay)
  const outcome = relay.run('Set-CASMailbox', block(1))
  await until(() => relay.lines('relay.powershell.failed').length > 0)
  await relay.faults({ unreachable: null })
  expect(await outcome).toMatchObject({ ok: true })
  expect(infoOf(relay).server).toBe(ex1)
  expect(relay.lines('relay.server.failedOver')).toEqual([])
  expect(relay.lines('relay.server.learned')).toEqual([])
})

describe('when every server is down', () => {
  test('it goes round, tells what waits why when each had its turn, and works again when one is back', async () => {
    const relay = await startExchangeSide({ parallel: 1 })
    await settled(relay)
    await relay.faults({ unreachable: ['*'] })
    await findOut(relay)
    const outcome = await relay.run('Set-CASMailbox', block(1))
    expect(outcome).toMatchObject({
      ok: false,
      error: { category: 'refused', message: expect.stringContaining('not started') },
    })
    expect(() => infoOf(relay)).toThrow('no session to Exchange')
    await relay.faults({ unreachable: [ex1, ex3] })
    await until(() => relay.side.host.isReady)
    expect(infoOf(relay).server).toBe(ex2)
    expect(await relay.run('Set-CASMailbox', block(2))).toMatchObject({ ok: true })
  })

  test('a command whose time is over while it waits is told so', async () => {
    const { exchange } = await withPrimaryDown()
    const relay = await startExchangeSide({ exchange, waits: false, connection: { casFailover: false } })
    const notAfter = new Date(Date.now() + 50).toISOString()
    // Two sorts of end, whichever comes first: too late, or no session after three attempts. Neither says that it may have run.
    const outcome = await relay.run('Set-CASMailbox', block(1), { notAfter: () => notAfter })
    expect(['expired', 'refused']).toContain(outcome.error?.category)
    expect(await journal(relay)).toEqual([])
  })
})

test('a refused credential is not carried from server to server, is told once, and what waits is told why', async () => {
  const relay = await startExchangeSide({ stateDir: (await withPrimaryDown()).stateDir })
  await settled(relay)
  await relay.faults({ refusing: ['*'] })
  process.kill(relay.side.host.pid ?? 0, 'SIGKILL')
  await until(() => !relay.side.host.isReady)
  const outcome = await relay.run('Set-CASMailbox', block(1))
  expect(outcome).toMatchObject({
    ok: false,
    error: { category: 'refused', message: expect.stringContaining('Access is denied') },
  })
  expect(relay.lines('relay.credential.refused')).toMatchObject([
    { level: 50, server: ex1, message: expect.stringContaining('Access is denied') },
  ])
  expect(relay.lines('relay.server.failedOver')).toEqual([])
  // A minute: an account is locked out by tries that come faster.
  expect(relay.lines('relay.powershell.failed').at(-1)).toMatchObject({ nextTryInMs: 60_000 })
  expect(() => infoOf(relay)).toThrow('Access is denied')
})

test('without the right to list servers it works on the configured one and says what it cannot do', async () => {
  const relay = await startExchangeSide({ more: { hidden: { cmdlets: ['Get-ExchangeServer'] } } })
  await until(() => relay.lines('relay.server.notLearned').length > 0 && relay.side.permissions !== undefined)
  expect(relay.lines('relay.server.notLearned')).toMatchObject([{ category: 'cmdletHidden' }])
  expect(relay.side.servers.count).toBe(1)
  expect(relay.lines('relay.permission.missing')).toMatchObject([
    { level: 50, missing: ['Get-ExchangeServer'], roles: ['View-Only Configuration'] },
  ])
})

test('at rest nothing is asked of Exchange or of the shell', async () => {
  const relay = await startExchangeSide()
  await settled(relay)
  let steps = 0
  const step = relay.side.host.step.bind(relay.side.host)
  relay.side.host.step = async (request, waitMs) => {
    steps += 1
    return step(request, waitMs)
  }
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(steps).toBe(0)
  expect(relay.planned().map(({ minutes }) => minutes)).toEqual([24 * 60])
})
