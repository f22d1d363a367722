import { describe, expect, test } from 'vitest'
import { partitionOf } from '../../../functions/core/partition.ts'
import { AppError } from '../../../functions/errors.ts'
import { azure, fieldsOf, local, origin, signedIn, site, type Site } from './pageFixture.ts'

const own = { 'sec-fetch-site': 'same-origin' }

/** Opens the link as Ana and confirms. */
async function tap(one: Site, headers: Record<string, string> = own, more: Record<string, string> = {}) {
  const page = await one.page('GET', `?token=${one.token()}`, { headers: signedIn() })
  return one.page('POST', '', { form: { ...fieldsOf(page), ...more }, headers: { ...signedIn(), ...headers } })
}
const auditOf = async ({ store }: Site) =>
  (await store.audit('contoso', 1, 99)).map(({ action, actor, outcome }) => `${action} ${actor} ${outcome}`)

test('GET shows which phone, who is signed in, and one button; it changes nothing', async () => {
  const one = await site()
  const got = await one.page('GET', `?token=${one.token()}`, { headers: signedIn() })
  expect([got.status, got.title]).toEqual([200, 'Connect this phone to your mail'])
  expect(got.html).toContain('iPhone iPhone14C2')
  expect(got.html).toContain('user-1@contoso.com')
  expect(got.html.match(/<button/g)).toHaveLength(1)
  expect(await auditOf(one)).toEqual([])
})

test('POST binds, says so, and starts the sync', async () => {
  const one = await site()
  const got = await tap(one)
  expect([got.status, got.title]).toEqual([200, 'Your phone is connected'])
  expect(got.html).not.toContain('Company Portal')
  expect(one.queue.waiting).toHaveLength(1)
  expect(await auditOf(one)).toEqual(['activationBound user-1 asked', 'activationBound user-1 done'])
})

test('a phone that is connected but not compliant is told what is missing', async () => {
  const one = await site()
  one.devices.splice(0, 1, { ...one.devices[0]!, complianceState: 'noncompliant' })
  expect((await tap(one)).html).toContain('does not meet the security rules')
})

describe('every page', () => {
  test('runs and loads nothing, stands in no frame, is not kept, and keeps its address to itself', async () => {
    const one = await site()
    for (const got of [await tap(one), await one.page('GET', ''), await one.page('GET', `?token=${one.token()}`)]) {
      expect(got.headers).toMatchObject({
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; style-src 'sha256-\S+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
        ),
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      })
      expect(got.html).not.toMatch(/<script|\son\w+=|javascript:/i)
    }
  })
  test.each([
    ['de-AT,de;q=0.9,en;q=0.8', 'de', 'Dieses Telefon mit Ihrer E-Mail verbinden'],
    ['fr, de;q=0.5, en;q=0.4', 'de', 'Dieses Telefon mit Ihrer E-Mail verbinden'],
    ['fr', 'en', 'Connect this phone to your mail'],
    ['de;q=0, en', 'en', 'Connect this phone to your mail'],
    ['', 'en', 'Connect this phone to your mail'],
  ])('is in the reader’s language: %s', async (accepted, language, title) => {
    const one = await site()
    const headers = { ...signedIn(), 'accept-language': accepted }
    const got = await one.page('GET', `?token=${one.token()}`, { headers })
    expect([got.headers['content-language'], got.title]).toEqual([language, title])
    expect(got.html).toContain(`<html lang="${language}">`)
  })
  test('shows what a phone says of itself as text', async () => {
    const one = await site()
    const { store } = one
    const [row] = (await store.rows('contoso', partitionOf('m1'))).filter(({ kind }) => kind === 'record')
    const data = JSON.stringify({ ...JSON.parse(row?.data ?? ''), deviceModel: '<img src=x onerror=alert(1)>' })
    await store.writeRows('contoso', partitionOf('m1'), [{ ...row!, data }], [])
    const got = await one.page('GET', `?token=${one.token()}`, { headers: signedIn() })
    expect(got.html).toContain('&lt;img src=x onerror=alert(1)&gt;')
  })
})

describe('a link', () => {
  test.each([
    ['none', () => '', 400, 'This link does not work'],
    ['not one of ours', () => 'a.b', 400, 'This link does not work'],
    ['a form’s token', (one: Site) => one.activation.sign('activation form', '["a1"]'), 400, 'This link does not work'],
    ['of another connector', (one: Site) => one.token({ connectorId: 'gone' }), 400, 'This link does not work'],
    ['too old', (one: Site) => one.token({ expiresMs: one.clock.now().getTime() }), 410, 'This link is too old'],
    ['of a record that is gone', (one: Site) => one.token({ record: 'r9' }), 404, 'This phone is not known any more'],
    ['of another user', (one: Site) => one.token({ userId: 'user-2' }), 403, 'This link is for somebody else'],
  ])('that is %s is answered with what helps', async (_, token, status, title) => {
    const one = await site()
    const got = await one.page('GET', `?token=${token(one)}`, { headers: signedIn() })
    expect([got.status, got.title]).toEqual([status, title])
    expect(got.html).not.toContain('<form')
  })
  test('of another user shows neither the phone nor its id', async () => {
    const one = await site()
    const got = await one.page('GET', `?token=${one.token()}`, { headers: signedIn('user-2') })
    expect(got.status).toBe(403)
    expect(got.html).not.toMatch(/iPhone|ApplANA1/)
  })
  test('that names nobody shows nothing to anybody but the mailbox’s user, nor does one whose mailbox has another user now', async () => {
    const one = await site()
    for (const userId of [null, 'user-2']) {
      const got = await one.page('GET', `?token=${one.token({ userId })}`, { headers: signedIn('user-2') })
      expect([got.status, got.title]).toEqual([403, 'This link is for somebody else'])
      expect(got.html).not.toMatch(/iPhone|ApplANA1/)
    }
  })
  test('of a mailbox that is nobody’s shows no phone, and says who can help', async () => {
    const one = await site()
    await one.store.writeRows('contoso', partitionOf('m1'), [], [{ mailboxGuid: 'm1', kind: 'user', id: 'user-1' }])
    const got = await one.page('GET', `?token=${one.token({ userId: null })}`, { headers: signedIn() })
    expect([got.status, got.title]).toEqual([403, 'Your mailbox is not tied to your account'])
    expect(got.html).not.toMatch(/iPhone|ApplANA1/)
  })
  test('that was used says what came of it', async () => {
    const one = await site()
    const page = await one.page('GET', `?token=${one.token()}`, { headers: signedIn() })
    const sent = { form: fieldsOf(page), headers: { ...signedIn(), ...own } }
    await one.page('POST', '', sent)
    const again = await one.page('POST', '', sent)
    expect([again.status, again.title]).toEqual([200, 'Your phone is connected'])
    expect(again.html).toContain('used already')
  })
})

describe('who is not signed in', () => {
  test('is sent to Entra’s sign-in in Azure, and comes back', async () => {
    const one = await site()
    const token = one.token()
    const got = await one.page('GET', `?token=${token}`)
    expect(got.status).toBe(303)
    const to = new URL(got.headers['location'] ?? '', origin.azure)
    expect(to.pathname).toBe('/.auth/login/aad')
    expect(to.searchParams.get('post_login_redirect_uri')).toBe(`/activate?token=${token}`)
  })
  test('any more when the form is sent, is asked to open the link again: browsers follow no form to another site', async () => {
    const one = await site()
    const page = await one.page('GET', `?token=${one.token()}`, { headers: signedIn() })
    const got = await one.page('POST', '', { form: fieldsOf(page), headers: own })
    expect([got.status, got.title]).toEqual([400, 'Please try again'])
    expect(got.headers['location']).toBeUndefined()
    expect(got.html).toContain(`href="/activate?token=${one.token()}"`)
  })
  test.each([
    ['Azure without built-in authentication', { ...azure, hasBuiltInAuth: false }],
    ['outside Azure, loopback not allowed', { ...local, isLoopbackAdmin: false }],
  ])('and cannot be, is told so: %s', async (_, hosting) => {
    const one = await site(hosting)
    const got = await one.page('GET', `?token=${one.token()}`, { headers: signedIn() })
    expect([got.status, got.title]).toEqual([503, 'This page cannot be used right now'])
  })
  test('a wrong setting is told to nobody', async () => {
    const one = await site(azure, { problems: ['EASGATE_SIGNING_KEY is missing'] })
    const got = await one.page('GET', '?token=x')
    expect(got.status).toBe(503)
    expect(got.html).not.toContain('EASGATE')
  })
})

describe('a confirmation counts only from our own form', () => {
  const refused = [400, 'Please try again']
  test.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{}],
  ])('sent from elsewhere: %o', async (headers) => {
    const one = await site()
    const got = await tap(one, headers)
    expect([got.status, got.title]).toEqual(refused)
    expect(await auditOf(one)).toEqual([])
  })
  test('an old browser says the origin alone', async () => {
    expect((await tap(await site(), { origin: origin.azure })).status).toBe(200)
  })
  test.each([
    ['another person’s', (one: Site) => ['l1', 'user-2', one.clock.now().getTime() + 1]],
    ['another link’s', (one: Site) => ['l2', 'user-1', one.clock.now().getTime() + 1]],
    ['too old', (one: Site) => ['l1', 'user-1', one.clock.now().getTime()]],
  ])('with a form token that is %s', async (_, parts) => {
    const one = await site()
    const form = one.activation.sign('activation form', JSON.stringify(parts(one)))
    const got = await tap(one, own, { form })
    expect([got.status, got.title]).toEqual(refused)
  })
  test('with no form token, or the link in its place', async () => {
    const one = await site()
    for (const form of ['', one.token()]) expect((await tap(one, own, { form })).status).toBe(400)
  })
  test('a body that is no form, or too long, is no link', async () => {
    const one = await site()
    const headers = { ...signedIn(), ...own, 'content-type': 'application/json' }
    expect((await one.page('POST', '', { form: { token: one.token() }, headers })).status).toBe(400)
    const long = { token: one.token(), x: 'x'.repeat(20_000) }
    expect((await one.page('POST', '', { form: long, headers: { ...signedIn(), ...own } })).status).toBe(400)
  })
})

describe('a sign-in that is not in the log yet', () => {
  test('can be looked for again, or given to an administrator; the link stays good', async () => {
    const one = await site()
    one.activation.proof = { kind: 'none', by: 'signInLog', isLate: true }
    const late = await tap(one)
    expect([late.status, late.title]).toEqual([202, 'Your sign-in is not visible yet'])
    expect(late.html.match(/<form/g)).toHaveLength(2)
    const asked = await tap(one, own, { ask: 'administrator' })
    expect([asked.status, asked.title]).toEqual([200, 'An administrator will look at it'])
  })
  test('and is found later, binds', async () => {
    const one = await site()
    one.activation.proof = { kind: 'none', by: 'signInLog', isLate: true }
    const late = await tap(one)
    one.activation.proof = { kind: 'device', by: 'signInLog', azureAdDeviceId: 'entra-1' }
    const got = await one.page('POST', '', { form: fieldsOf(late), headers: { ...signedIn(), ...own } })
    expect(got.title).toBe('Your phone is connected')
  })
})

test('what breaks is logged by its code, and the person is told that nothing changed', async () => {
  const one = await site()
  one.activation.proveDevice = () => Promise.reject(new AppError('graphDenied', 'AuditLog.Read.All is missing'))
  const got = await tap(one)
  expect([got.status, got.title]).toEqual([503, 'This page cannot be used right now'])
  expect(got.html).not.toContain('AuditLog')
  expect(one.log.of('activationFailed')).toMatchObject([{ fields: { code: 'graphDenied' } }])
})

test('no token and no name comes into the log', async () => {
  const one = await site()
  const token = one.token()
  await tap(one)
  const written = JSON.stringify([one.log.lines, await one.store.audit('contoso', 1, 99)])
  expect(written).not.toContain(token.slice(0, 20))
  expect(written).not.toContain('contoso.com')
})

describe('the simulated sign-in', () => {
  async function signInAs(one: Site, device: string, other = '') {
    const chosen = await one.signIn('GET', `?token=${one.token()}&user=user-1`)
    const form = { ...fieldsOf(chosen), device, other }
    return one.signIn('POST', '', { form, headers: { origin: origin.local } })
  }

  test('lets one choose a person and a device, and brings one back to the page', async () => {
    const one = await site(local)
    const first = await one.page('GET', `?token=${one.token()}`)
    expect(first.headers['location']).toMatch(/^\/activate\/signIn\?token=/)
    const people = await one.signIn('GET', `?token=${one.token()}`)
    expect(people.html).toContain('Ana &lt;Alves&gt;')
    expect((await one.signIn('GET', '?search=nobody')).html).toContain('Nobody has this')
    const signed = await signInAs(one, 'entra-1')
    const cookie = signed.headers['set-cookie']?.split(';')[0] ?? ''
    expect(signed.headers['set-cookie']).toMatch(/; Path=\/activate; HttpOnly; SameSite=Lax$/)
    const page = await one.page('GET', `?token=${one.token()}`, { headers: { cookie } })
    expect([page.status, page.title]).toEqual([200, 'Connect this phone to your mail'])
    expect(page.html).toContain('Simulated sign-in')
  })

  test('offers whom the link is for before everybody else, in a tenant of whatever size', async () => {
    const one = await site(local)
    const others = Array.from({ length: 300 }, (_, index) => ({ ...one.users[0]!, id: `u${index}` }))
    one.users.unshift(...others)
    const firstOf = async (token: string) =>
      /<option value="([^"]*)"/.exec((await one.signIn('GET', `?token=${token}`)).html)?.[1]
    expect(await firstOf(one.token())).toBe('user-1')
    expect(await firstOf('forged')).toBe('u0')
  })

  test.each([
    ['entra-1', '', 'entra-1'],
    ['', '', undefined],
    ['entra-1', 'E9', 'e9'],
  ])('states the device as a claim: %j %j', async (device, other, claimed) => {
    const one = await site(local)
    let claims: ReadonlyMap<string, string> = new Map()
    one.activation.proveDevice = async (signIn) => {
      claims = signIn.claims
      return one.activation.proof
    }
    const cookie = (await signInAs(one, device, other)).headers['set-cookie']?.split(';')[0] ?? ''
    const page = await one.page('GET', `?token=${one.token()}`, { headers: { cookie } })
    await one.page('POST', '', { form: fieldsOf(page), headers: { cookie, origin: origin.local } })
    expect(claims.get('deviceid')).toBe(claimed)
    expect(claims.get('uti')).toMatch(/^[\w-]{22}$/)
  })

  test('is nowhere but on a developer’s own machine, and its cookie counts nowhere else', async () => {
    const one = await site(local)
    const cookie = (await signInAs(one, 'entra-1')).headers['set-cookie']?.split(';')[0] ?? ''
    for (const hosting of [azure, { ...azure, isLoopbackAdmin: true }, { ...local, isLoopbackAdmin: false }]) {
      const other = await site(hosting)
      expect((await other.signIn('GET', '')).status).toBe(404)
      expect((await other.signIn('POST', '', { form: { user: 'user-1' } })).status).toBe(404)
      const page = await other.page('GET', `?token=${other.token()}`, { headers: { cookie } })
      expect(page.status).not.toBe(200)
    }
  })

  test('does not believe a cookie that it did not sign, nor a form from elsewhere', async () => {
    const one = await site(local)
    const forged = Buffer.from('{"userId":"user-1"}').toString('base64url')
    const cookie = `easgate-simulated-sign-in=${forged}.${'A'.repeat(86)}`
    expect((await one.page('GET', `?token=${one.token()}`, { headers: { cookie } })).status).toBe(303)
    const form = { token: one.token(), user: 'user-1', device: '' }
    const got = await one.signIn('POST', '', { form, headers: { 'sec-fetch-site': 'cross-site' } })
    expect(got.status).toBe(400)
  })
})
