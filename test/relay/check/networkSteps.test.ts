import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { checkClock } from '../../../relay/check/checkClock.ts'
import { checkName } from '../../../relay/check/checkName.ts'
import { checkPort } from '../../../relay/check/checkPort.ts'
import { checkTls } from '../../../relay/check/checkTls.ts'
import { Bench } from '../../contract/rendezvousFixture.ts'
import { startConnectProxy, type ConnectProxyOptions } from '../network/connectProxy.ts'
import { expiredTls, inspectedTls, inspectionAuthority } from '../network/privateCa.ts'
import { hasTinyproxy, startTinyproxy } from '../network/tinyproxy.ts'
import { env, fileWith, readyContext, runStep, type Given } from './checkFixture.ts'

const bench = new Bench()
afterEach(async () => bench.closeAll())

const caFile = fileWith('ca.pem', inspectionAuthority)
const rendezvous = (address: string, more: object = {}) => ({
  rendezvous: { address, keyName: 'relay', key: { env: 'LISTEN_KEY' }, ...more },
})
const contoso = 'wss://contoso.servicebus.windows.net/$hc/exchange'

async function proxyTo(options: ConnectProxyOptions): Promise<string> {
  const proxy = await startConnectProxy(options)
  bench.onClose(proxy.close)
  return proxy.address
}

describe('name', () => {
  const ready = async (given: Given) => readyContext({ address: contoso, ...given })

  it('that resolves is good, with its addresses', async () => {
    const finding = await checkName(await ready({}), undefined, async () => ['203.0.113.7', '203.0.113.8'])
    expect(finding).toEqual({ state: 'good', text: 'contoso.servicebus.windows.net is 203.0.113.7, 203.0.113.8' })
  })

  it.each(['10.1.2.3', '172.20.0.4', '192.168.7.7', 'fd00::5'])(
    'that resolves to %s is behind Private Link, which needs more ports',
    async (found) => {
      const finding = await checkName(await ready({}), undefined, async () => [found])
      expect(finding).toMatchObject({ state: 'good', text: expect.stringContaining('9400 to 9599') })
    },
  )

  it.each([
    ['ENOTFOUND', 'does not exist'],
    ['EAI_AGAIN', 'No DNS server answered'],
  ])('that fails with %s is bad', async (code, remedy) => {
    const finding = await checkName(await ready({}), undefined, async () =>
      Promise.reject(Object.assign(new Error('getaddrinfo'), { code })),
    )
    expect(finding).toEqual({
      state: 'bad',
      text: `contoso.servicebus.windows.net cannot be resolved (${code})`,
      remedy: expect.stringContaining(remedy),
    })
  })

  it('is the proxy’s to resolve where there is one, and the proxy’s own name is looked up', async () => {
    const asked: string[] = []
    const context = await ready({ config: { proxy: { address: 'http://proxy.contoso.com:8080' } } })
    const finding = await checkName(context, undefined, async (host) => {
      asked.push(host)
      return ['10.0.0.9']
    })
    expect(asked).toEqual(['proxy.contoso.com'])
    expect(finding).toEqual({
      state: 'good',
      text: 'the proxy resolves contoso.servicebus.windows.net; proxy.contoso.com is 10.0.0.9',
    })
  })

  it('that is an address needs no DNS; localhost is resolved by the system', async () => {
    expect(await runStep(checkName, await readyContext())).toEqual({ state: 'good', text: '127.0.0.1 is an address' })
    const local = await readyContext({ address: 'ws://localhost:9/$hc/exchange' })
    expect(await runStep(checkName, local)).toMatchObject({
      state: 'good',
      text: expect.stringContaining('localhost is'),
    })
  })
})

describe('port', () => {
  it('that listens is good', async () => {
    const sim = await bench.namespace()
    const finding = await runStep(checkPort, await readyContext({ address: sim.address }))
    expect(finding.state).toBe('good')
    expect(finding.text).toMatch(new RegExp(`^127\\.0\\.0\\.1:${sim.port} can be reached \\(\\d+ ms\\)$`))
  })

  it('that is closed is bad, and a proxy that only the environment knows is pointed at', async () => {
    const sim = await bench.namespace()
    await sim.close()
    const plain = await runStep(checkPort, await readyContext({ address: sim.address }))
    expect(plain).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('ECONNREFUSED'),
      remedy: expect.stringContaining('netsh winhttp show proxy'),
    })
    const context = { env: { ...env, HTTPS_PROXY: 'http://user:secret@proxy:1' } }
    const hinted = await runStep(checkPort, await readyContext({ address: sim.address, context }))
    expect(hinted.remedy).toContain('names a proxy in HTTPS_PROXY')
    expect(JSON.stringify(hinted)).not.toContain('secret')
  })

  it.skipIf(!hasTinyproxy)('through tinyproxy: which proxy, from where it was read, and CONNECT 200', async () => {
    const sim = await bench.namespace()
    const proxy = await startTinyproxy({ account: { user: 'svc', password: 'Sesame42' } })
    bench.onClose(proxy.kill)
    const account = { user: 'svc', password: { env: 'PROXY_PASSWORD' } }
    const settings = { proxy: { address: proxy.address, account } }
    const finding = await runStep(checkPort, await readyContext({ address: sim.address, config: settings }))
    expect(finding).toMatchObject({
      state: 'good',
      text: expect.stringContaining(
        `through the proxy ${proxy.address} (proxy.address in /etc/easgate/relay.json), CONNECT 200`,
      ),
    })
    expect(sim.state().refused).toBe(0)
    const without = { proxy: { address: proxy.address } }
    expect(await runStep(checkPort, await readyContext({ address: sim.address, config: without }))).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('answered 407 Proxy Authentication Required'),
      remedy: expect.stringContaining('give it an account'),
    })
  })

  it.each([
    [
      { answer: ['407 No', 'Proxy-Authenticate: NTLM', 'Proxy-Authenticate: Negotiate'] },
      'it offers NTLM, Negotiate',
      'px',
    ],
    [{ answer: ['403 Forbidden'] }, 'answered 403', 'allow CONNECT'],
    [{ hangsUp: true }, 'did not connect us', 'proxy.address'],
  ])('whose proxy does %j is bad, with the remedy', async (options, text, remedy) => {
    const address = await proxyTo(options)
    const context = await readyContext({ address: contoso, config: { proxy: { address } } })
    expect(await runStep(checkPort, context)).toMatchObject({
      state: 'bad',
      text: expect.stringContaining(text),
      remedy: expect.stringContaining(remedy),
    })
  })

  it('whose proxy never answers is given up', async () => {
    const address = await proxyTo({ answer: [] })
    const context = await readyContext({ address: contoso, config: { proxy: { address } } })
    expect(await runStep(checkPort, context, 100)).toMatchObject({ state: 'bad', text: 'no result in 0.1 s' })
  })
})

describe('tls', () => {
  const trusting = async (port: number, address = contoso) => {
    const config = { ...rendezvous(address, { caFile }), proxy: { address: await proxyTo({ to: port }) } }
    return readyContext({ address, config })
  }

  it('of a trusted certificate is good: version, name, issuer, end', async () => {
    const sim = await bench.namespace({ tls: inspectedTls })
    const config = rendezvous(sim.address, { caFile })
    expect(await runStep(checkTls, await readyContext({ address: sim.address, config }))).toEqual({
      state: 'good',
      text: 'TLSv1.3, certificate of *.servicebus.windows.net issued by Contoso Web Inspection CA (Contoso), valid until 2120-01-01',
    })
  })

  it('of Microsoft’s name by another issuer is a warning that names the inspecting proxy', async () => {
    const sim = await bench.namespace({ tls: inspectedTls })
    expect(await runStep(checkTls, await trusting(sim.port))).toMatchObject({
      state: 'warning',
      text: expect.stringContaining(
        'issued by Contoso Web Inspection CA (Contoso), valid until 2120-01-01: not by Microsoft, so something on the way inspects TLS',
      ),
      remedy: expect.stringContaining('without inspection'),
    })
  })

  it('of an issuer that is not trusted is bad, with the setting for a private authority', async () => {
    const sim = await bench.namespace({ tls: inspectedTls })
    expect(await runStep(checkTls, await readyContext({ address: sim.address }))).toMatchObject({
      state: 'bad',
      text: expect.stringMatching(/Contoso Web Inspection CA.*UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER)/),
      remedy: expect.stringContaining('rendezvous.caFile'),
    })
  })

  it('of a certificate whose time is over is bad', async () => {
    const sim = await bench.namespace({ tls: expiredTls })
    expect(await runStep(checkTls, await trusting(sim.port))).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('valid until 2020-02-01: CERT_HAS_EXPIRED'),
      remedy: expect.stringContaining('clock'),
    })
  })

  it('of a certificate for another name is bad', async () => {
    const sim = await bench.namespace({ tls: inspectedTls })
    expect(await runStep(checkTls, await trusting(sim.port, 'wss://relay.example.com/$hc/exchange'))).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
      remedy: expect.stringContaining('Another server answered'),
    })
  })

  it('of a certificate that ends this week is a warning', async () => {
    const sim = await bench.namespace({ tls: inspectedTls })
    const config = rendezvous(sim.address, { caFile })
    const context = { now: () => Date.parse('2119-12-28T00:00:00Z') }
    expect(await runStep(checkTls, await readyContext({ address: sim.address, config, context }))).toMatchObject({
      state: 'warning',
      text: expect.stringContaining('that is soon'),
    })
  })

  it('with something that speaks no TLS is bad', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    bench.onClose(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const context = await readyContext({ address: `wss://127.0.0.1:${port}/$hc/exchange` })
    expect(await runStep(checkTls, context)).toMatchObject({ state: 'bad' })
  })

  it('is not there on this machine', async () => {
    expect(await runStep(checkTls, await readyContext())).toMatchObject({ state: 'good' })
  })
})

describe('clock', () => {
  it.each([
    [0, 'good', /differs from the service's by [0-5] s/],
    [110_000, 'good', /by 1(0[5-9]|1[0-5]) s/],
    [-110_000, 'good', /by 1(0[5-9]|1[0-5]) s/],
    [130_000, 'bad', /is 1(2[5-9]|3[0-5]) s ahead of the service's; 120 s are tolerated/],
    [-7_200_000, 'bad', /is 7(19[5-9]|20[0-5]) s behind the service's/],
  ])('that is off by %i ms is %s', async (offMs, state, text) => {
    const sim = await bench.namespace()
    const context = await readyContext({ address: sim.address, context: { now: () => Date.now() + offMs } })
    const finding = await runStep(checkClock, context)
    expect(finding.state).toBe(state)
    expect(finding.text).toMatch(text)
    if (state === 'bad') expect(finding.remedy).toContain('w32tm')
  })

  it('of a service that tells no time is a warning', async () => {
    const server = createTlsServer(inspectedTls, (_request, response) => {
      response.sendDate = false
      response.end()
    }).listen(0, '127.0.0.1')
    bench.onClose(() => server.close())
    await once(server, 'listening')
    const address = `wss://127.0.0.1:${(server.address() as AddressInfo).port}/$hc/exchange`
    const context = await readyContext({ address, config: rendezvous(address, { caFile }) })
    expect(await runStep(checkClock, context)).toMatchObject({ state: 'warning' })
  })
})
