import { afterEach, describe, expect, it } from 'vitest'
import { checkRendezvous } from '../../../relay/check/checkRendezvous.ts'
import type { Finding } from '../../../relay/check/checkStep.ts'
import { probeListener, type Probe } from '../../../relay/check/probeListener.ts'
import type { TokenProvider } from '../../../protocol/rendezvous.ts'
import {
  Bench,
  handshake,
  listenRule,
  listenTokens,
  nextText,
  sendRule,
  tokenFor,
  until,
} from '../../contract/rendezvousFixture.ts'
import { startConnectProxy } from '../network/connectProxy.ts'
import { inspectedTls, inspectionAuthority } from '../network/privateCa.ts'
import { fileWith, readyContext, runStep, type Given } from './checkFixture.ts'

const bench = new Bench()
afterEach(async () => bench.closeAll())

const sendKey = { keyName: sendRule.name, key: sendRule.key }
const withKey = { context: { sendKey } }

async function check(address: string, given: Given = {}): Promise<Finding> {
  return runStep(checkRendezvous, await readyContext({ address, ...given }))
}

describe('with a key that may only listen', () => {
  it('registers, pings and renews, and says that conversations were not tried', async () => {
    const sim = await bench.namespace()
    expect(await check(sim.address)).toEqual({
      state: 'good',
      text: expect.stringMatching(
        /^registered, a ping is answered in \d+ ms, a renewed token is taken; a conversation was not tried, since this key may only listen/,
      ),
    })
    await until('it has left', () => sim.state().listeners['exchange'] === 0)
  })

  it.each([
    [401, 'InvalidSignature', 'Check the key and this machine'],
    [403, 'no Listen', 'lacks the right Listen'],
    [404, 'Endpoint does not exist', 'No such hybrid connection'],
  ])('that is refused with %i is bad, with TrackingId and remedy', async (status, said, remedy) => {
    const sim = await bench.namespace()
    sim.faults.refuse({ action: 'listen', status, text: said })
    const finding = await check(sim.address)
    expect(finding).toMatchObject({ state: 'bad', remedy: expect.stringContaining(remedy) })
    expect(finding.text).toMatch(new RegExp(`refused a listener: ${status} ${said} \\(TrackingId \\S+\\)$`))
  })
})

describe('with a key that may send', () => {
  it('calls itself through the service, and hears its echo', async () => {
    const sim = await bench.namespace()
    expect(await check(sim.address, withKey)).toEqual({
      state: 'good',
      text: expect.stringMatching(/; a conversation there and back took \d+ ms \(try 1\)$/),
    })
    await until('nothing is left', () => sim.state().joined === 0 && sim.state().listeners['exchange'] === 0)
  })

  it('needs no second key where the relay’s own may send, too', async () => {
    const sim = await bench.namespace({ rules: [{ ...listenRule, rights: ['listen', 'send'] }] })
    expect(await check(sim.address)).toMatchObject({ text: expect.stringContaining('there and back') })
  })

  it('tries until it meets itself beside running relays, whose conversations go on undisturbed', async () => {
    // Each call draws twice: for its listener and for its name. Two go to others, the third to the last that registered
    const turns = [0, 0, 0.5, 0, 0.99, 0]
    let turn = 0
    const sim = await bench.namespace({ random: () => turns[turn++ % turns.length] ?? 0 })
    const relay = bench.listener(sim.address)
    await until('the relay is up', () => relay.state().connected === 2)
    const finding = await check(sim.address, withKey)
    expect(finding.state).toBe('good')
    expect(finding.text).toMatch(/\(try 3\)$/)
    expect(relay.state()).toMatchObject({ connected: 2, conversations: 0 })
  })

  it('gives up with a warning when others take every call', async () => {
    const sim = await bench.namespace({ random: () => 0 })
    const relay = bench.listener(sim.address)
    await until('the relay is up', () => relay.state().connected === 2)
    expect(await check(sim.address, withKey)).toMatchObject({
      state: 'warning',
      text: expect.stringContaining('other relays of this connector took all 40 calls'),
    })
  })

  it('that may not send after all is bad', async () => {
    const sim = await bench.namespace()
    const context = { sendKey: { keyName: listenRule.name, key: listenRule.key } }
    expect(await check(sim.address, { context })).toMatchObject({
      state: 'bad',
      remedy: expect.stringContaining('the right Send'),
    })
  })

  it('finds a firewall that lets the channel through and the gateways not: who names only the namespace is told', async () => {
    const gateway = { host: 'g7-prod-am3-001-sb.servicebus.windows.net' }
    const sim = await bench.namespace({ tls: inspectedTls, gateway, acceptTimeoutMs: 1_000 })
    const proxy = await startConnectProxy({ to: sim.port, forbids: /^g7-/ })
    bench.onClose(proxy.close)
    const address = 'wss://contoso.servicebus.windows.net/$hc/exchange'
    const caFile = fileWith('ca.pem', inspectionAuthority)
    const config = {
      rendezvous: { address, keyName: listenRule.name, key: { env: 'LISTEN_KEY' }, caFile },
      proxy: { address: proxy.address },
    }
    expect(await check(address, { config, ...withKey })).toMatchObject({
      state: 'bad',
      text: expect.stringMatching(
        /a call came, but the relay could not take it: the proxy .* answered 403 .* g7-prod-am3-001-sb/,
      ),
      remedy: expect.stringContaining('*.servicebus.windows.net'),
    })
  })

  it('says which hosts to allow when a call is lost on the way', async () => {
    const sim = await bench.namespace({ acceptTimeoutMs: 100 })
    sim.faults.spoilAccept({ fault: 'lost', count: 100 })
    expect(await check(sim.address, withKey)).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('the call to it failed: 504'),
      remedy: expect.stringContaining('not just the name of the namespace'),
    })
  })
})

describe('the listener of the check', () => {
  async function probe(address: string, tokenProvider: TokenProvider = listenTokens): Promise<Probe> {
    const { signal } = new AbortController()
    const opened = await probeListener({
      address,
      tokenProvider,
      agent: undefined,
      allowedHostSuffix: undefined,
      signal,
    })
    bench.onClose(opened.close)
    return opened
  }

  it('tells a sender of the cloud side to try again, and takes nothing of it', async () => {
    const sim = await bench.namespace()
    await probe(sim.address)
    const protocols = ['easgate.v1']
    const answer = await handshake(`${sim.address}?sb-hc-action=connect`, { token: tokenFor(sendRule), protocols })
    expect(answer).toMatchObject({ status: 503, reason: expect.stringContaining('a check, not a relay: try again') })
  })

  it('answers only who knows its own sub-protocol, which is another each time', async () => {
    const sim = await bench.namespace()
    const first = await probe(sim.address)
    await first.close()
    const second = await probe(sim.address)
    expect(second.subprotocol).not.toBe(first.subprotocol)
    const dial = async (subprotocol: string) => bench.sender(sim.address, { subprotocol })
    await expect(dial(first.subprotocol)).rejects.toThrow('503')
    const socket = await dial(second.subprotocol)
    socket.send('hello')
    expect(await nextText(socket)).toBe('hello')
  })

  it('notices a renewal that is refused, and a service that says nothing', async () => {
    const sim = await bench.namespace()
    let calls = 0
    const spoilt: TokenProvider = async (resource) => {
      calls += 1
      return calls === 1 ? listenTokens(resource) : { token: 'nonsense', expiresAt: Date.now() + 60_000 }
    }
    const refused = await probe(sim.address, spoilt)
    await refused.renew()
    await expect(refused.ping()).rejects.toThrow('the service closed the channel with 1008')
    const silent = await probe(sim.address)
    sim.faults.blackHole({ kind: 'control' })
    await expect(silent.ping(50)).rejects.toThrow('no answer to a ping in 0.05 s')
  })
})
