import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  connectUrl,
  listenUrl,
  redact,
  rejectUrl,
  resourceOf,
  sasToken,
  sasTokenProvider,
  trackingIdOf,
} from '../../protocol/rendezvous.ts'

const address = 'wss://contoso.servicebus.windows.net/$hc/exchange'

describe('sasToken', () => {
  it('signs the encoded resource and the expiry with the key as text, not base64-decoded', () => {
    const key = 'c2VjcmV0IGtleQ=='
    const token = sasToken({
      resource: 'http://ns.servicebus.windows.net/a b/',
      keyName: 'rule 1',
      key,
      expiresAtSeconds: 1_800_000_000.9,
    })
    const sr = 'http%3A%2F%2Fns.servicebus.windows.net%2Fa%20b%2F'
    const sig = encodeURIComponent(
      createHmac('sha256', Buffer.from(key, 'utf8')).update(`${sr}\n1800000000`).digest('base64'),
    )
    expect(token).toBe(`SharedAccessSignature sr=${sr}&sig=${sig}&se=1800000000&skn=rule%201`)
  })

  it('makes tokens that last an hour, in whole seconds', async () => {
    const provider = sasTokenProvider({ keyName: 'k', key: 's', now: () => 1_000_500 })
    const { token, expiresAt } = await provider('http://ns/p/')
    expect(expiresAt).toBe(4_600_000)
    expect(token).toContain('&se=4600&')
  })
})

describe('addresses', () => {
  it.each([
    [address, 'http://contoso.servicebus.windows.net/exchange/'],
    [
      'wss://Contoso.ServiceBus.windows.net:443/$hc/sites/berlin/',
      'http://contoso.servicebus.windows.net/sites/berlin/',
    ],
    ['ws://127.0.0.1:8080/$hc/exchange', 'http://127.0.0.1/exchange/'],
  ])('makes the token for %s out to %s', (given, resource) => {
    expect(resourceOf(given)).toBe(resource)
  })

  it('adds action and id, keeping a query that is there', () => {
    expect(listenUrl(address)).toBe(`${address}?sb-hc-action=listen`)
    expect(listenUrl(address, { id: 'a&b' })).toBe(`${address}?sb-hc-action=listen&sb-hc-id=a%26b`)
    expect(connectUrl(`${address}/suffix?x=1`, { id: 'i' })).toBe(
      `${address}/suffix?x=1&sb-hc-action=connect&sb-hc-id=i`,
    )
  })

  it('adds status and text to an accept address to turn a sender away', () => {
    expect(rejectUrl('wss://g/$hc/p?sb-hc-action=accept', 503, 'busy & sorry')).toBe(
      'wss://g/$hc/p?sb-hc-action=accept&sb-hc-statusCode=503&sb-hc-statusDescription=busy%20%26%20sorry',
    )
  })

  it.each([
    ['exchange', 'not a URL'],
    ['https://contoso.servicebus.windows.net/$hc/exchange', 'its scheme is https:'],
    ['ws://contoso.servicebus.windows.net/$hc/exchange', 'no TLS'],
    ['ws://127.0.0.1.evil.example/$hc/exchange', 'no TLS'],
    ['wss://user:secret@contoso.servicebus.windows.net/$hc/exchange', 'user name or password'],
    ['wss://contoso.servicebus.windows.net/exchange', 'does not start with /$hc/'],
    ['wss://contoso.servicebus.windows.net/$hc/', 'does not start with /$hc/'],
    [`${address}?sb-hc-token=SharedAccessSignature`, 'sb-hc- parameters'],
    [`${address}#x`, 'fragment'],
  ])('refuses %s and says why', (given, why) => {
    expect(() => listenUrl(given)).toThrow(why)
    expect(() => resourceOf(given)).toThrow(TypeError)
  })
})

describe('redact', () => {
  const token = sasToken({ resource: 'http://ns/p/', keyName: 'rule', key: 'key', expiresAtSeconds: 1 })
  const sig = /sig=([^&]+)/.exec(token)?.[1] ?? ''
  const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl-_x'

  it.each([
    ['a SAS token', `refused: ${token}`, sig],
    ['a SAS token that ends with its signature', `SharedAccessSignature se=1&sr=x&sig=${sig}`, sig],
    [
      'a token in a query',
      `wss://ns/$hc/p?sb-hc-token=${encodeURIComponent(token)}&sb-hc-id=1`,
      encodeURIComponent(sig),
    ],
    ['a token in a query, written in capitals', `wss://ns/$hc/p?SB-HC-TOKEN=abc123`, 'abc123'],
    ['an encoded signature', encodeURIComponent(`x&sig=${sig}&se=1`), encodeURIComponent(sig)],
    ['a doubly encoded signature', encodeURIComponent(encodeURIComponent(`&sig=${sig}&se=1`)), sig.slice(0, 20)],
    ['a JWT', `ServiceBusAuthorization: ${jwt}`, jwt],
    ['a JWT without signature', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.', 'eyJzdWIiOiJ4In0'],
    ['a key of a connection string', 'Endpoint=sb://ns;SharedAccessKey=abc/=;EntityPath=p', 'abc/='],
  ])('takes out %s', (_name, text, secret) => {
    expect(text).toContain(secret)
    expect(redact(text)).not.toContain(secret)
    expect(redact(text)).toContain('***')
  })

  it('leaves everything else as it is', () => {
    const text = 'wss://ns/$hc/p?sb-hc-action=listen&sb-hc-id=1 design=good 404 TrackingId:a-b_G3, x'
    expect(redact(text)).toBe(text)
    expect(trackingIdOf(text)).toBe('a-b_G3')
  })
})
