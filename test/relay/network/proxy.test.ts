import { writeFileSync } from 'node:fs'
import type { Agent } from 'node:http'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { agentFor } from '../../../relay/network/dial.ts'
import type { ProxySettings } from '../../../relay/network/proxyAgent.ts'
import type { Listener } from '../../../relay/rendezvous/listen.ts'
import { Bench, nextText, until } from '../../contract/rendezvousFixture.ts'
import { newFolder } from '../startRelay.ts'
import { startConnectProxy, type ConnectProxy, type ConnectProxyOptions } from './connectProxy.ts'
import { inspectedTls, inspectionAuthority } from './privateCa.ts'
import { hasTinyproxy, startTinyproxy, type Tinyproxy, type TinyproxyOptions } from './tinyproxy.ts'

const bench = new Bench()
afterEach(async () => bench.closeAll())

const account = { user: 'svceasgate', password: 'Sesame42' }
const caFile = path.join(newFolder(), 'ca.pem')
writeFileSync(caFile, inspectionAuthority)

/** The agent as the relay makes it of its configuration. */
function agentOf(address: string, proxy?: Partial<ProxySettings>): Agent {
  const agent = agentFor({
    rendezvous: { address, ...(address.startsWith('wss:') && { caFile }) },
    ...(proxy && { proxy: { address: '', bypass: [], ...proxy } }),
  })
  if (agent === undefined) throw new Error('no agent')
  return agent
}

async function tinyproxy(options: TinyproxyOptions = {}): Promise<Tinyproxy> {
  const proxy = await startTinyproxy(options)
  bench.onClose(proxy.kill)
  return proxy
}

async function scripted(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const proxy = await startConnectProxy(options)
  bench.onClose(proxy.close)
  return proxy
}

const up = async (listener: Listener, connected = 1): Promise<void> =>
  until(`${connected} channels are up`, () => listener.state().connected === connected)
const downs = () => bench.log.filter(({ event }) => event === 'relay.channel.down')
const connects = (proxy: Tinyproxy): number => proxy.log().match(/: CONNECT /g)?.length ?? 0

async function talk(address: string, text: string, agent?: Agent): Promise<void> {
  const socket = await bench.sender(address, agent ? { agent } : {})
  socket.send(text)
  expect(await nextText(socket)).toBe(text)
}

describe.skipIf(!hasTinyproxy)('through tinyproxy', () => {
  it.each([
    ['ws:, without an account', undefined, undefined],
    ['ws:, with Basic', undefined, account],
    ['wss: and a private authority, without an account', inspectedTls, undefined],
    ['wss: and a private authority, with Basic', inspectedTls, account],
  ])('%s: control channels and conversations', async (_name, tls, given) => {
    const sim = await bench.namespace({ ...(tls && { tls }) })
    const proxy = await tinyproxy(given ? { account: given } : {})
    const listener = bench.listener(sim.address, {
      agent: agentOf(sim.address, { address: proxy.address, ...(given && { account: given }) }),
    })
    await up(listener, 2)
    await talk(sim.address, 'hello', tls && agentOf(sim.address))
    await until('all three went through it', () => connects(proxy) === 3)
    expect(downs()).toEqual([])
  })

  it.each([
    // tinyproxy says 401 to a wrong account where the standard says 407; see 'its answer …' below for that
    ['a wrong password', { ...account, password: 'wrong42' }, 401, 'The proxy refused the account'],
    ['no account', undefined, 407, 'The proxy wants credentials'],
  ])('%s is refused with its remedy and an alert, and no log shows it', async (_name, given, status, remedy) => {
    const sim = await bench.namespace()
    const proxy = await tinyproxy({ account })
    bench.listener(sim.address, {
      channels: 1,
      agent: agentOf(sim.address, { address: proxy.address, ...(given && { account: given }) }),
    })
    await until('it is logged', () => downs().length > 0)
    expect(downs()[0]).toMatchObject({
      level: 'alert',
      fields: {
        kind: 'failed',
        proxyStatus: status,
        reason: expect.stringContaining(`the proxy ${proxy.address} answered ${status}`),
        remedy: expect.stringContaining(remedy),
      },
    })
    if (status === 407) expect(downs()[0]?.fields['reason']).toContain('it offers Basic')
    expect(downs()[0]?.fields).not.toHaveProperty('status')
    const secrets = [given?.password, given && Buffer.from(`${given.user}:${given.password}`).toString('base64')]
    for (const secret of secrets) if (secret) expect(JSON.stringify(bench.log)).not.toContain(secret)
  })

  it('that dies with everything on it, and comes back: so do the channels', async () => {
    const sim = await bench.namespace({ tls: inspectedTls })
    const proxy = await tinyproxy({ account })
    const listener = bench.listener(sim.address, {
      agent: agentOf(sim.address, { address: proxy.address, account }),
    })
    await up(listener, 2)
    await bench.sender(sim.address, { agent: agentOf(sim.address) })
    await until('one conversation is open', () => listener.state().conversations === 1)
    await proxy.kill()
    await until('both noticed', () => listener.state().connected === 0 && listener.state().conversations === 0)
    await until('the proxy is named', () =>
      downs().some(({ fields }) => /did not connect us/.test(JSON.stringify(fields))),
    )
    expect(listener.state().lastError?.reason).toMatch(/the proxy http:\S+ did not connect us: .*ECONNREFUSED/)
    await tinyproxy({ account, port: proxy.port })
    await up(listener, 2)
    await talk(sim.address, 'back', agentOf(sim.address))
  })

  it('to a service that is not there says that the proxy could not get there', async () => {
    const sim = await bench.namespace()
    await sim.close()
    const proxy = await tinyproxy()
    bench.listener(sim.address, { channels: 1, agent: agentOf(sim.address, { address: proxy.address }) })
    await until('it is logged', () => downs().length > 0)
    expect(downs()[0]?.fields).toMatchObject({ proxyStatus: 500, remedy: expect.stringContaining('proxy itself') })
  })

  it.each([
    ['ws:', undefined],
    ['wss:', inspectedTls],
  ])('but not what is on the bypass list (%s)', async (_name, tls) => {
    const sim = await bench.namespace({ ...(tls && { tls }) })
    const proxy = await tinyproxy()
    const listener = bench.listener(sim.address, {
      agent: agentOf(sim.address, { address: proxy.address, bypass: ['.contoso.com', '127.0.0.1'] }),
    })
    await up(listener, 2)
    await talk(sim.address, 'direct', tls && agentOf(sim.address))
    expect(connects(proxy)).toBe(0)
  })
})

describe('through a proxy', () => {
  it('a namespace whose name this machine cannot resolve is reached, gateways too, by their names', async () => {
    const gateway = { host: 'g7-prod-am3-001-sb.servicebus.windows.net' }
    const sim = await bench.namespace({ tls: inspectedTls, gateway })
    const proxy = await scripted({ to: sim.port })
    const address = 'wss://contoso.servicebus.windows.net/$hc/exchange'
    const agent = agentOf(address, { address: proxy.address })
    const listener = bench.listener(address, { channels: 1, agent })
    await up(listener)
    await talk(address, 'hello', agent)
    expect(proxy.asked.map(({ target }) => target.replace(/:\d{5}$/, ':<gateway port>'))).toEqual([
      'contoso.servicebus.windows.net:443',
      'contoso.servicebus.windows.net:443',
      'g7-prod-am3-001-sb.servicebus.windows.net:<gateway port>',
    ])
  })

  it.each([
    ['CONTOSO\\svc-easgate', 'p%25:w ord§"€'],
    ['svc@contoso.com', ''],
  ])('user %s and password %j arrive unchanged', async (user, password) => {
    const sim = await bench.namespace()
    const proxy = await scripted({ to: sim.port })
    const agent = agentOf(sim.address, { address: proxy.address, account: { user, password } })
    await up(bench.listener(sim.address, { channels: 1, agent }))
    expect(proxy.asked[0]?.authorization).toBe(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`)
  })

  it('no token is shown to the proxy, with TLS', async () => {
    const sim = await bench.namespace({ tls: inspectedTls })
    const proxy = await scripted({ answer: ['403 Forbidden'] })
    bench.listener(sim.address, { channels: 1, agent: agentOf(sim.address, { address: proxy.address }) })
    await until('it is logged', () => downs().length > 0)
    expect(JSON.stringify(proxy.asked)).not.toContain('SharedAccess')
  })

  it.each([
    [['407 Auth', 'Proxy-Authenticate: Negotiate', 'Proxy-Authenticate: NTLM'], 407, 'Negotiate, NTLM', 'px beside it'],
    [['407 Auth', 'Proxy-Authenticate: NTLM, Basic realm="a, b"'], 407, 'NTLM, Basic', 'refused the account'],
    [['407 Auth'], 407, '', 'refused the account'],
    [['403 Forbidden'], 403, '', 'allow CONNECT to *.servicebus.windows.net:443'],
    [['502 Bad Gateway'], 502, '', 'The proxy itself could not get there'],
    [['404 Not Found'], 404, '', 'The proxy itself could not get there'],
  ])(
    'its answer %j is not taken for one of the service, and has its remedy',
    async (answer, status, offers, remedy) => {
      const sim = await bench.namespace()
      const proxy = await scripted({ answer })
      const agent = agentOf(sim.address, { address: proxy.address, account })
      const listener = bench.listener(sim.address, { channels: 1, agent })
      await until('it is logged', () => downs().length > 0)
      expect(downs()[0]?.fields).toMatchObject({ proxyStatus: status, remedy: expect.stringContaining(remedy) })
      if (offers !== '') expect(downs()[0]?.fields['reason']).toContain(`it offers ${offers}`)
      expect(listener.state().lastError).not.toHaveProperty('status')
      expect(sim.state().refused).toBe(0)
    },
  )

  it('that hangs up before it answers is named', async () => {
    const sim = await bench.namespace()
    const proxy = await scripted({ hangsUp: true })
    bench.listener(sim.address, { channels: 1, agent: agentOf(sim.address, { address: proxy.address }) })
    await until('it is logged', () => downs().length > 0)
    expect(downs()[0]?.fields).toMatchObject({
      reason: expect.stringContaining(`the proxy ${proxy.address} did not connect us`),
      remedy: expect.stringContaining('proxy.address'),
    })
  })

  it('that never answers is given up in time, and its connections do not pile up', async () => {
    const sim = await bench.namespace()
    const proxy = await scripted({ answer: [] })
    const agent = agentOf(sim.address, { address: proxy.address })
    const listener = bench.listener(sim.address, { channels: 1, agent, timings: { handshakeTimeoutMs: 50 } })
    await until('it has tried four times', () => proxy.asked.length >= 4)
    expect(downs()[0]?.fields).toMatchObject({ reason: 'no answer to the handshake in 50 ms' })
    await listener.drain(0)
    await until('none of them is left', () => proxy.open() === 0)
  })

  it('that refuses only the gateways is named with its remedy: the channel stands, conversations do not', async () => {
    const gateway = { host: 'g7-prod-am3-001-sb.servicebus.windows.net' }
    const sim = await bench.namespace({ tls: inspectedTls, gateway, acceptTimeoutMs: 300 })
    const proxy = await scripted({ to: sim.port, forbids: /^g7-/ })
    const address = 'wss://contoso.servicebus.windows.net/$hc/exchange'
    const agent = agentOf(address, { address: proxy.address })
    const listener = bench.listener(address, { channels: 1, agent })
    await up(listener)
    await expect(bench.sender(address, { agent })).rejects.toThrow('504')
    expect(listener.state().connected).toBe(1)
    await until('it is logged', () => bench.log.some(({ event }) => event === 'relay.conversation.notJoined'))
    expect(bench.log.find(({ event }) => event === 'relay.conversation.notJoined')?.fields).toMatchObject({
      proxyStatus: 403,
      remedy: expect.stringContaining('*.servicebus.windows.net'),
    })
  })
})

it('with a private authority and no proxy, the relay dials directly and is let in', async () => {
  const sim = await bench.namespace({ tls: inspectedTls })
  const agent = agentOf(sim.address)
  await up(bench.listener(sim.address, { channels: 1, agent }))
  await talk(sim.address, 'hello', agent)
})

it('without it, the certificate of an inspecting proxy is refused with the remedy', async () => {
  const sim = await bench.namespace({ tls: inspectedTls })
  bench.listener(sim.address, { channels: 1 })
  await until('it is logged', () => downs().length > 0)
  expect(downs()[0]?.fields).toMatchObject({ remedy: expect.stringContaining('rendezvous.caFile') })
})
