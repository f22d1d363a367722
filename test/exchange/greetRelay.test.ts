import { describe, expect, test } from 'vitest'
import { newKeyPair, seal, signerFrom } from '../../protocol/signing.ts'
import { approval, exchangeUnderTest } from './exchangeUnderTest.ts'
import { relayStarter } from './relayStarter.ts'
import { connectorId, welcomeBody, type ScriptedRelayOptions } from './scriptedRelay.ts'
import { until } from './until.ts'

const start = relayStarter()

const stranger = signerFrom(newKeyPair().privateKey)

describe('login', () => {
  test('gives the identity of the relay that answered, and hangs up with 1000 without leaving a listener', async () => {
    const relay = await start()
    const { exchange } = exchangeUnderTest([relay])
    const identity = await exchange.converse(connectorId, async (conversation) => conversation.relay)
    expect(identity).toEqual({
      fingerprint: relay.signer.fingerprint,
      version: '1.2.3',
      host: 'RELAY01',
      parallel: 4,
      organization: 'Contoso',
      server: 'ex1.contoso.com',
      serverSince: null,
      serverReason: null,
      sendsMail: false,
    })
    await relay.closed(1)
    expect(relay.closes).toEqual([1000])
    expect(relay.opened[0]?.eventNames().filter((name) => name !== 'open')).toEqual([])
  })

  test('sends a new random challenge in every conversation', async () => {
    const relay = await start()
    const { exchange } = exchangeUnderTest([relay])
    for (let i = 0; i < 2; i += 1) await exchange.converse(connectorId, async () => {})
    const [first, second] = relay.hellos
    expect(first).toMatchObject({ type: 'hello', version: 1, connectorId, rowCredit: 2000 })
    expect(String(first?.['challenge'])).toMatch(/^[\w-]{43}$/)
    expect(first?.['challenge']).not.toBe(second?.['challenge'])
  })

  test('hangs up also when the work throws, and throws what the work threw', async () => {
    const relay = await start()
    const { exchange } = exchangeUnderTest([relay])
    const work = exchange.converse(connectorId, () => Promise.reject(new Error('the caller failed')))
    await expect(work).rejects.toThrow('the caller failed')
    await relay.closed(1)
    expect(relay.closes).toEqual([1000])
  })

  const { signer: _, ...foreign } = { signer: stranger, ...welcomeBody(stranger) }
  const faults: [string, ScriptedRelayOptions, { code: string; retryable: boolean; says: RegExp }][] = [
    [
      'a signature that does not fit',
      { welcomeEnvelope: { signature: Buffer.alloc(64).toString('base64') } },
      { code: 'relayLost', retryable: true, says: /signature/ },
    ],
    [
      'a body changed after signing',
      { welcomeEnvelope: { body: JSON.stringify({ ...foreign, challenge: 'x'.repeat(43), seq: 0 }) } },
      { code: 'relayLost', retryable: true, says: /fingerprint is not that of the key/ },
    ],
    [
      'a fingerprint of another key',
      { welcomeEnvelope: { key: stranger.fingerprint } },
      { code: 'relayLost', retryable: true, says: /fingerprint is not that of the key/ },
    ],
    [
      'the key of another relay in it',
      { welcome: { publicKey: stranger.publicKey } },
      { code: 'relayLost', retryable: true, says: /fingerprint is not that of the key/ },
    ],
    ['no key in it', { welcome: { publicKey: 'AAAA' } }, { code: 'relayLost', retryable: true, says: /fingerprint/ }],
    [
      'another challenge',
      { welcome: { challenge: 'recorded-challenge-1' } },
      { code: 'relayLost', retryable: true, says: /recorded conversation/ },
    ],
    ['another number than 0', { welcome: { seq: 1 } }, { code: 'relayLost', retryable: true, says: /number 1/ }],
    ['a missing property', { welcome: { nonce: undefined } }, { code: 'relayLost', retryable: true, says: /nonce/ }],
    [
      'another connector',
      { welcome: { connectorId: 'con-2' } },
      { code: 'relayRefused', retryable: false, says: /serves connector con-2, not con-1/ },
    ],
    [
      'another protocol version',
      { welcome: { version: 2 } },
      { code: 'relayRefused', retryable: false, says: /version 2, not 1: update the older side/ },
    ],
    [
      'a message of another kind',
      { onHello: (talk) => talk.say({ type: 'end', batchId: 'b', repeated: false }) },
      { code: 'relayLost', retryable: true, says: /it is a end message/ },
    ],
    [
      'text that is not JSON',
      { onHello: (talk) => talk.socket.send('hello yourself') },
      { code: 'relayLost', retryable: true, says: /not JSON/ },
    ],
    [
      'an unsigned welcome',
      { onHello: (talk) => talk.socket.send(JSON.stringify(welcomeBody(stranger))) },
      { code: 'relayLost', retryable: true, says: /outside a signed envelope/ },
    ],
    [
      'a binary frame',
      { onHello: (talk) => talk.socket.send(Buffer.from('{}')) },
      { code: 'relayLost', retryable: true, says: /binary/ },
    ],
    [
      'two messages at once',
      {
        onHello: (talk) => {
          talk.socket.send(JSON.stringify(seal(stranger, {})))
          talk.socket.send(JSON.stringify(seal(stranger, {})))
        },
      },
      { code: 'relayLost', retryable: true, says: /malformed|more than/ },
    ],
    [
      'a close instead of an answer',
      { onHello: (talk) => talk.socket.close(1001, 'restarting') },
      { code: 'relayLost', retryable: true, says: /shutting down: restarting/ },
    ],
    [
      'a refusal because it is busy',
      { onHello: (talk) => talk.say({ type: 'refused', batchId: null, code: 'busy', message: '8 conversations' }) },
      { code: 'relayRefused', retryable: true, says: /busy.*8 conversations/ },
    ],
    [
      'a refusal for another connector',
      { onHello: (talk) => talk.say({ type: 'refused', batchId: null, code: 'wrongConnector', message: 'not mine' }) },
      { code: 'relayRefused', retryable: false, says: /wrongConnector.*not mine/ },
    ],
  ]
  test.each(faults)('ends the conversation on %s', async (_, options, { code, retryable, says }) => {
    const relay = await start(options)
    const { exchange, saved } = exchangeUnderTest([relay])
    let isUsed = false
    const work = exchange.converse(connectorId, async () => {
      isUsed = true
    })
    await expect(work).rejects.toMatchObject({
      name: 'AppError',
      code,
      retryable,
      message: expect.stringMatching(says),
    })
    await relay.closed(1)
    expect({ isUsed, saved }).toEqual({ isUsed: false, saved: [] })
    expect(relay.opened[0]?.listenerCount('message')).toBe(0)
  })

  test('ends the conversation on more than a welcome, before anything is asked in it', async () => {
    const relay = await start({
      onHello: (talk) => {
        talk.say(talk.welcome())
        talk.say({ type: 'end', batchId: 'b', repeated: false })
      },
    })
    let messages = 0
    const { exchange } = exchangeUnderTest([relay], {
      open: async () => {
        const socket = await relay.open()
        return socket.on('message', () => (messages += 1))
      },
      relays: async () => {
        await until(() => messages >= 2)
        return [approval(relay)]
      },
    })
    let isUsed = false
    const work = exchange.converse(connectorId, async () => {
      isUsed = true
    })
    await expect(work).rejects.toMatchObject({
      code: 'relayLost',
      message: expect.stringContaining('more than a welcome'),
    })
    expect(isUsed).toBe(false)
  })

  test('does not wait for ever for a relay that does not answer its close', async () => {
    const relay = await start({
      onHello: (talk) => {
        talk.say(talk.welcome())
        talk.socket.pause()
      },
    })
    const { exchange } = exchangeUnderTest([relay], { closeGraceMs: 30 })
    expect(await exchange.converse(connectorId, async () => 'done')).toBe('done')
    const [socket] = relay.opened
    expect(socket?.readyState).toBe(socket?.CLOSED)
  })

  test('does not wait for ever for a relay that says nothing', async () => {
    const relay = await start({ onHello: () => {} })
    const { exchange } = exchangeUnderTest([relay], { welcomeTimeoutMs: 30 })
    await expect(exchange.converse(connectorId, async () => {})).rejects.toMatchObject({
      code: 'relayLost',
      message: expect.stringContaining('did not answer the hello within 30 ms'),
    })
  })
})
