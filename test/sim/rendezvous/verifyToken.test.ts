import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Rule } from '../../../sim/rendezvous/rendezvousOptions.ts'
import { verifyToken } from '../../../sim/rendezvous/verifyToken.ts'

const now = 1_700_000_000_000
const key = 'c2VjcmV0IGtleQ=='
const rules: Rule[] = [
  { name: 'both', key, rights: ['listen', 'send'] },
  { name: 'listenOnly', key, rights: ['listen'] },
  { name: 'only other', key, rights: ['listen', 'send'], path: 'other' },
]
const wanted = { host: 'ns.servicebus.windows.net', path: 'sites/berlin', right: 'send' as const }
const live = '1700000060'

/** Signs here, by hand, so that neither the product's nor the simulator's code is its own witness. */
function token(sr: string, given: { se?: string; name?: string; key?: string | Buffer; order?: string } = {}): string {
  const { se = live, name = 'both', order = 'sr sig se skn' } = given
  const sig = encodeURIComponent(
    createHmac('sha256', given.key ?? key)
      .update(`${sr}\n${se}`)
      .digest('base64'),
  )
  const fields: Record<string, string> = { sr, sig, se, skn: name }
  return `SharedAccessSignature ${order
    .split(' ')
    .map((field) => `${field}=${fields[field]}`)
    .join('&')}`
}

const enc = encodeURIComponent
const good = enc('http://ns.servicebus.windows.net/sites/berlin/')
const check = { rules, now }

describe('verifyToken lets in', () => {
  it.each([
    ['the plain form', token(good)],
    ['an sr in lower-case hex, signed as it stands', token(good.replaceAll('%2F', '%2f').replaceAll('%3A', '%3a'))],
    ['an sr that is not encoded at all', token('http://ns.servicebus.windows.net/sites/berlin/')],
    ['another letter case', token(enc('HTTP://NS.ServiceBus.windows.net/Sites/BERLIN/'))],
    ['another scheme', token(enc('https://ns.servicebus.windows.net/sites/berlin'))],
    ['the scheme sb', token(enc('sb://ns.servicebus.windows.net/sites/berlin'))],
    ['a port, as hyco-ws signs', token(enc('http://ns.servicebus.windows.net:443/sites/berlin'))],
    ['no trailing slash', token(enc('http://ns.servicebus.windows.net/sites/berlin'))],
    ['a parent path', token(enc('http://ns.servicebus.windows.net/sites'))],
    ['the whole namespace', token(enc('http://ns.servicebus.windows.net/'))],
    ['fields in any order', token(good, { order: 'skn se sr sig' })],
    ['an encoded rule name', token(good, { name: 'bo%74h' })],
  ])('%s', (_name, given) => {
    expect(verifyToken(given, wanted, check)).toEqual({ ok: true, expiresAt: 1_700_000_060_000 })
  })

  it('a deeper path than registered, if the sender dials it', () => {
    const given = token(enc('http://ns.servicebus.windows.net/sites/berlin/suffix'))
    expect(verifyToken(given, { ...wanted, path: 'sites/berlin/suffix' }, check).ok).toBe(true)
    expect(verifyToken(given, wanted, check)).toMatchObject({ status: 403 })
  })
})

describe('verifyToken refuses', () => {
  it.each([
    [401, 'no token', undefined],
    [401, 'an empty token', ''],
    [401, 'nonsense', 'nonsense'],
    [401, 'Bearer in front', 'Bearer a.b.c'],
    [401, 'a missing field', token(good, { order: 'sr sig skn' })],
    [401, 'an expiry that is no number', token(good, { se: 'soon' })],
    [401, 'an unknown rule', token(good, { name: 'nobody' })],
    [401, 'a wrong key', token(good, { key: 'other' })],
    [401, 'a signature made with the base64-decoded key', token(good, { key: Buffer.from(key, 'base64') })],
    [401, 'an sr changed after signing', token(good).replace('berlin', 'munich')],
    [401, 'an sr re-encoded after signing', token(good).replaceAll('%2F', '%2f')],
    [401, 'an expiry changed after signing', token(good).replace(live, '1800000000')],
    [401, 'an expired token', token(good, { se: '1700000000' })],
    [403, 'another host', token(enc('http://other.servicebus.windows.net/sites/berlin'))],
    [403, 'a sibling path', token(enc('http://ns.servicebus.windows.net/sites/munich'))],
    [403, 'a path that only begins alike', token(enc('http://ns.servicebus.windows.net/sites/ber'))],
    [403, 'an sr that is no URI', token('nowhere')],
    [403, 'a rule of another path', token(good, { name: 'only%20other' })],
    [403, 'a rule without the right', token(good, { name: 'listenOnly' })],
    [401, 'a JWT, without a hook', 'eyJh.eyJi.c2ln'],
  ])('with %i %s', (status, _name, given) => {
    expect(verifyToken(given, wanted, check)).toMatchObject({ ok: false, status })
  })
})

describe('a JWT', () => {
  const jwt = 'eyJh.eyJi.c2ln'

  it('is judged by the hook, which sees path and right', () => {
    const seen: unknown[] = []
    const acceptJwt = (...given: unknown[]): { expiresAt: number } => {
      seen.push(given)
      return { expiresAt: now + 5 }
    }
    expect(verifyToken(jwt, wanted, { ...check, acceptJwt })).toEqual({ ok: true, expiresAt: now + 5 })
    expect(seen).toEqual([[jwt, wanted]])
  })

  it.each([
    ['the hook refuses', () => undefined],
    ['it is expired', () => ({ expiresAt: now })],
  ])('is refused with 401 if %s', (_name, acceptJwt) => {
    expect(verifyToken(jwt, wanted, { ...check, acceptJwt })).toMatchObject({ ok: false, status: 401 })
  })
})
