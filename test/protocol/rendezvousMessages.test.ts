import { describe, expect, it } from 'vitest'
import {
  applicationHeaders,
  offeredProtocols,
  parseControlMessage,
  renewTokenMessage,
} from '../../protocol/rendezvousMessages.ts'

describe('parseControlMessage', () => {
  it('reads an accept with lower-case header names, ignoring what it does not know', () => {
    const text = JSON.stringify({
      accept: {
        address: 'wss://g1.example/$hc/p?sb-hc-action=accept',
        id: 'i_G0',
        connectHeaders: { 'Sec-WebSocket-Protocol': 'a, b', 'X-App': '1', odd: 7 },
        remoteEndpoint: { address: '203.0.113.7', port: '51234', more: true },
        future: {},
      },
      alsoFuture: 1,
    })
    expect(parseControlMessage(text)).toEqual({
      kind: 'accept',
      accept: {
        address: 'wss://g1.example/$hc/p?sb-hc-action=accept',
        id: 'i_G0',
        connectHeaders: { 'sec-websocket-protocol': 'a, b', 'x-app': '1' },
        remoteEndpoint: { address: '203.0.113.7', port: 51234 },
      },
    })
  })

  it('reads an accept that has only address and id', () => {
    expect(parseControlMessage('{"accept":{"address":"wss://g/$hc/p","id":"i","remoteEndpoint":"?"}}')).toMatchObject({
      kind: 'accept',
      accept: { address: 'wss://g/$hc/p', id: 'i', connectHeaders: {} },
    })
  })

  it.each([
    ['{"request":{"id":"1"}}', { kind: 'ignored', names: ['request'] }],
    ['{}', { kind: 'ignored', names: [] }],
    ['not json', { kind: 'invalid', problem: 'a control message that is no JSON object' }],
    ['[]', { kind: 'invalid', problem: 'a control message that is no JSON object' }],
    ['null', { kind: 'invalid', problem: 'a control message that is no JSON object' }],
    ['"accept"', { kind: 'invalid', problem: 'a control message that is no JSON object' }],
  ])('sorts %s out without throwing', (text, expected) => {
    expect(parseControlMessage(text)).toEqual(expected)
  })

  it.each([
    '{"accept":1}',
    '{"accept":{"id":"i"}}',
    '{"accept":{"address":"","id":"i"}}',
    '{"accept":{"address":"x","id":"i","connectHeaders":[]}}',
  ])('calls %s invalid', (text) => {
    expect(parseControlMessage(text).kind).toBe('invalid')
  })
})

describe('headers of a sender', () => {
  it('are passed on without handshake and credentials', () => {
    const headers = {
      servicebusauthorization: 'SharedAccessSignature sr=x',
      authorization: 'Bearer x',
      cookie: 'x',
      host: 'x',
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'x',
      'sec-websocket-protocol': 'easgate.v1',
      'x-app': '1',
      '0': '[object Object]',
    }
    expect(applicationHeaders(headers)).toEqual({ 'x-app': '1', '0': '[object Object]' })
  })

  it.each([
    [{ 'sec-websocket-protocol': 'a,b , c,' }, ['a', 'b', 'c']],
    [{}, []],
  ])('offer protocols in order: %j', (headers, expected) => {
    expect(offeredProtocols(headers as Record<string, string>)).toEqual(expected)
  })

  it('renews with the raw token', () => {
    expect(JSON.parse(renewTokenMessage('SharedAccessSignature sr=%2F'))).toEqual({
      renewToken: { token: 'SharedAccessSignature sr=%2F' },
    })
  })
})
