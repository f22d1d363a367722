import { describe, expect, test } from 'vitest'
import { autodiscoverRequest, readAutodiscover } from '../../../relay/mail/autodiscoverXml.ts'
import { findEws, type Found } from '../../../relay/mail/findEws.ts'
import type { ResolveSrv } from '../../../relay/mail/web.ts'
import { account, fakeWeb, from, noHost, page, srv, simulatedEws, status, type FakeWeb } from './fakeWeb.ts'

const path = '/autodiscover/autodiscover.xml'
const own = `POST https://contoso.com${path}`
const sub = `POST https://autodiscover.contoso.com${path}`
const plain = `GET http://autodiscover.contoso.com${path}`
const noSrv = srv({})

const ews = simulatedEws()

async function find(web: FakeWeb, resolveSrv: ResolveSrv = noSrv, more: object = {}): Promise<Found> {
  return findEws({ from, web, resolveSrv, now: () => 0, authentication: 'Negotiate', account, ...more })
}
const found = (by: string) => ({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/EWS\/Exchange\.asmx$/), by })

describe('the order of the candidates', () => {
  const point = 'https://cas.contoso.local/autodiscover/autodiscover.xml'
  const target = 'https://hoster.example/autodiscover/autodiscover.xml'
  const records = srv({
    '_autodiscover._tcp.contoso.com': [{ name: 'hoster.example', port: 443, priority: 0, weight: 0 }],
  })

  test('all are asked, each only when those before it led nowhere', async () => {
    const web = fakeWeb({ [`POST ${target}`]: (request) => ews.answer(request) }, [point])
    expect(await find(web, records)).toEqual(found(target))
    expect(web.places()).toEqual([`POST ${point}`, own, sub, plain, `POST ${target}`])
  })
  test.each([
    ['the service connection point', [`POST ${point}`], `POST ${point}`],
    ['the domain', [`POST ${point}`, own], own],
    ['autodiscover.<domain>', [`POST ${point}`, own, sub], sub],
  ])('%s ends the search', async (_what, asked, good) => {
    const web = fakeWeb({ [good]: (request) => ews.answer(request) }, [point])
    expect(await find(web, records)).toEqual(found(good.replace('POST ', '')))
    expect(web.places()).toEqual(asked)
  })
  test('the redirection of http is followed when it leads to https, and is asked for without credentials', async () => {
    const web = fakeWeb({
      [plain]: status(302, { location: target }),
      [`POST ${target}`]: (request) => ews.answer(request),
    })
    expect(await find(web)).toEqual(found(target))
    const probe = web.asked.find(({ method }) => method === 'GET')
    expect(probe).toMatchObject({ authentication: 'None', headers: {} })
    expect(probe?.account).toBeUndefined()
  })
  test.each([
    ['to http', status(302, { location: 'http://evil.example/autodiscover/autodiscover.xml' })],
    ['to nowhere', status(302)],
    ['with a user in it', status(302, { location: 'https://user:pass@evil.example/' })],
    ['that is no redirection', page('<html></html>')],
    ['that is an answer', page('<Autodiscover/>')],
  ])('an answer of http %s is not followed', async (_what, answer) => {
    const web = fakeWeb({ [plain]: answer })
    expect(await find(web)).toEqual({ tried: [expect.stringMatching(/^contoso\.com: connect/), expect.any(String)] })
    expect(web.places()).toEqual([own, sub, plain])
  })
  test('SRV records are asked by priority and weight; a port other than 443 is kept', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => `${name}.contoso.com`)
    const web = fakeWeb({})
    await find(
      web,
      srv({
        '_autodiscover._tcp.contoso.com': [
          { name: `${c}.`, port: 443, priority: 20, weight: 0 },
          { name: `${a}`, port: 443, priority: 10, weight: 5 },
          { name: `${b}`, port: 8443, priority: 10, weight: 9 },
        ],
      }),
    )
    expect(web.places().slice(3)).toEqual([
      `POST https://${b}:8443${path}`,
      `POST https://${a}${path}`,
      `POST https://${c}${path}`,
    ])
  })
  test('a service connection point that is not https is passed over', async () => {
    const web = fakeWeb({}, ['http://cas.contoso.local/autodiscover/autodiscover.xml', 'LDAP://x'])
    await find(web)
    expect(web.places()).toEqual([own, sub, plain])
  })
})

describe('a password goes nowhere that only DNS or http named', () => {
  const target = 'https://hoster.example/autodiscover/autodiscover.xml'
  const inside = `https://mail.contoso.com${path}`
  test.each([
    ['Basic', 'outside the mail domain', target, false],
    ['Basic', 'inside the mail domain', inside, true],
    ['Ntlm', 'outside the mail domain', target, true],
    ['Negotiate', 'outside the mail domain', target, true],
  ])('%s, a redirection to a host %s', async (authentication, _where, location, isAsked) => {
    const web = fakeWeb({ [plain]: status(302, { location }), [`POST ${location}`]: (request) => ews.answer(request) })
    const result = await find(web, noSrv, { authentication })
    expect(web.places().includes(`POST ${location}`)).toBe(isAsked)
    expect('url' in result).toBe(isAsked)
    if (!isAsked) expect(JSON.stringify(result)).toContain('set mail.ewsUrl')
  })
})

describe('redirections', () => {
  test('to another mail address begin a new search with it', async () => {
    const web = fakeWeb({
      [own]: page(redirectAddr('notify@fabrikam.com')),
      [`POST https://autodiscover.fabrikam.com${path}`]: page(settings('https://mail.fabrikam.com/EWS/Exchange.asmx')),
    })
    expect(await find(web)).toEqual({
      url: 'https://mail.fabrikam.com/EWS/Exchange.asmx',
      by: `https://autodiscover.fabrikam.com${path}`,
    })
    expect(web.asked.at(-1)?.body).toContain('<EMailAddress>notify@fabrikam.com</EMailAddress>')
  })
  test('to another address are followed, in the answer and by HTTP', async () => {
    const web = fakeWeb({
      [own]: page(redirectUrl(`https://b.contoso.com${path}`)),
      [`POST https://b.contoso.com${path}`]: status(302, { location: '/other.xml' }),
      'POST https://b.contoso.com/other.xml': page(settings('https://mail.contoso.com/EWS/Exchange.asmx')),
    })
    expect(await find(web)).toEqual({
      url: 'https://mail.contoso.com/EWS/Exchange.asmx',
      by: 'https://b.contoso.com/other.xml',
    })
  })
  test('are followed ten times', async () => {
    const hop = (number: number) => `https://h${number}.contoso.com${path}`
    const hops = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`POST ${hop(index)}`, page(redirectUrl(hop(index + 1)))] as const),
      )
    const end = page(settings('https://mail.contoso.com/EWS/Exchange.asmx'))
    const ten = fakeWeb({ ...hops(10), [`POST ${hop(10)}`]: end }, [hop(0)])
    expect(await find(ten)).toMatchObject({ by: hop(10) })
    const eleven = fakeWeb({ ...hops(11), [`POST ${hop(11)}`]: end }, [hop(0)])
    expect(await find(eleven)).toEqual({ tried: ['h10.contoso.com: more than 10 redirections'] })
  })
  test('in a circle end', async () => {
    const web = fakeWeb({
      [own]: page(redirectAddr('n@fabrikam.com')),
      [`POST https://fabrikam.com${path}`]: page(redirectAddr(from)),
    })
    expect(await find(web)).toHaveProperty('tried')
    expect(web.asked.length).toBeLessThan(12)
  })
  test.each([
    ['in the answer', page(redirectUrl('http://plain.contoso.com/'))],
    ['by HTTP', status(302, { location: 'http://plain.contoso.com/' })],
  ])('to http are not followed, %s', async (_how, answer) => {
    const web = fakeWeb({ [own]: answer })
    expect(await find(web)).toHaveProperty('tried')
    expect(web.places().join()).not.toContain('plain.contoso.com')
  })
})

describe('answers that lead to the next candidate', () => {
  const cases: [string, ReturnType<typeof page>, string][] = [
    ['401', status(401), 'contoso.com: HTTP 401: it does not take the account'],
    ['404', status(404), 'contoso.com: HTTP 404'],
    ['no host', noHost, 'contoso.com: connect: no such host'],
    ['error 600 with HTTP 200', page(error('600', 'Invalid Request')), 'contoso.com: error 600 Invalid Request'],
    ['HTML', page('<html><br></html>'), expect.stringMatching(/^contoso\.com: no XML: /)],
    [
      'a namespace with https',
      page(settings('https://x/').replaceAll('http://', 'https://')),
      'contoso.com: another kind of document',
    ],
    [
      'settings with http only',
      page(settings('http://mail.contoso.com/EWS')),
      'contoso.com: settings without an https address of EWS',
    ],
  ]
  test.each(cases)('%s', async (_what, answer, note) => {
    const web = fakeWeb({ [own]: answer, [sub]: (request) => ews.answer(request) })
    expect(await find(web)).toEqual(found(`https://autodiscover.contoso.com${path}`))
    const alone = fakeWeb({ [own]: answer })
    expect(await find(alone)).toMatchObject({ tried: [note, expect.any(String)] })
  })
  test('an error of the real shape, and one that the simulated server gives for an unknown address', async () => {
    ews.simulation.faults.set([{ on: 'autodiscover', kind: 'autodiscoverError', code: '600' }])
    const web = fakeWeb({ [own]: (request) => ews.answer(request) })
    expect(await find(web)).toMatchObject({ tried: ['contoso.com: error 600 The server says no.', expect.any(String)] })
    expect(await find(web, noSrv, { from: 'nobody@contoso.com' })).toMatchObject({
      tried: ["contoso.com: error 500 The email address can't be found.", expect.any(String)],
    })
  })
  test('a search that takes too long ends', async () => {
    let nowMs = 0
    const web = fakeWeb({})
    const slow = { ...web, post: async () => ((nowMs += 40_000), noHost) }
    const options = { from, web: slow, resolveSrv: noSrv, now: () => nowMs, authentication: 'Negotiate' as const }
    expect(await findEws(options)).toEqual({
      tried: ['contoso.com: connect: no such host', 'autodiscover.contoso.com: connect: no such host'],
    })
    expect(nowMs).toBe(80_000)
  })
})

describe('the documents', () => {
  test('the request has the namespaces with http, and the address as data', () => {
    expect(autodiscoverRequest('a&b@contoso.com')).toBe(
      '<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>a&amp;b@contoso.com</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>',
    )
  })
  test.each([
    ['the internal before the external', ['EXPR', 'https://out/'], ['EXCH', 'https://in/'], 'https://in/'],
    ['the external where the internal is not https', ['EXCH', 'http://in/'], ['EXPR', 'https://out/'], 'https://out/'],
    ['any that has one', ['WEB', ''], ['EXHTTP', 'https://web/'], 'https://web/'],
  ])('of several protocols: %s', (_what, [typeA = '', urlA = ''], [typeB = '', urlB = ''], url) => {
    const both = protocols(`${protocol(typeA, urlA)}${protocol(typeB, urlB)}`)
    expect(readAutodiscover(both)).toEqual({ kind: 'settings', ewsUrl: url })
  })
  test('ASUrl stands in for EwsUrl', () => {
    const asUrl = protocols('<Protocol><Type>EXCH</Type><ASUrl>https://as/</ASUrl></Protocol>')
    expect(readAutodiscover(asUrl)).toEqual({ kind: 'settings', ewsUrl: 'https://as/' })
  })
})

function document(response: string): string {
  const outlook = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'
  return `<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="${outlook}">${response}</Response></Autodiscover>`
}
const protocol = (type: string, url: string) => `<Protocol><Type>${type}</Type><EwsUrl>${url}</EwsUrl></Protocol>`
const protocols = (inner: string) =>
  document(`<Account><AccountType>email</AccountType><Action>settings</Action>${inner}</Account>`)
const settings = (url: string) => protocols(protocol('EXCH', url))
const redirectAddr = (address: string) =>
  document(`<Account><Action>redirectAddr</Action><RedirectAddr>${address}</RedirectAddr></Account>`)
const redirectUrl = (url: string) =>
  document(`<Account><Action>redirectUrl</Action><RedirectUrl>${url}</RedirectUrl></Account>`)
function error(code: string, message: string): string {
  return `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response><Error Time="1" Id="1"><ErrorCode>${code}</ErrorCode><Message>${message}</Message><DebugData/></Error></Response></Autodiscover>`
}
