import { once } from 'node:events'
import { request } from 'node:https'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FaultInput } from '../../../sim/ews/faults.ts'
import { createEwsServer } from '../../../sim/ews/server.ts'
import { createEwsSimulation } from '../../../sim/ews/simulation.ts'
import { testCertificate, testCertificateKey } from '../../contract/rendezvousTls.ts'

const account = { user: 'notify', password: 'secret', address: 'notify@contoso.com' }
const simulation = createEwsSimulation(account)
const server = createEwsServer(simulation)
let url = ''
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${portOf(server)}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  simulation.mails.length = 0
  simulation.faults.set([])
})

const basic = `Basic ${Buffer.from('notify:secret').toString('base64')}`
async function post(path: string, body: string, authorization = basic) {
  const response = await fetch(url + path, { method: 'POST', headers: { authorization }, body, redirect: 'manual' })
  return { status: response.status, headers: response.headers, body: await response.text() }
}
const ews = async (body: string) => post('/EWS/Exchange.asmx', body)
const autodiscover = async (body: string) => post('/Autodiscover/Autodiscover.xml', body)

const soap = 'http://schemas.xmlsoap.org/soap/envelope/'
const types = 'http://schemas.microsoft.com/exchange/services/2006/types'
const messages = 'http://schemas.microsoft.com/exchange/services/2006/messages'
const subject = '<t:Subject>S</t:Subject>'
const text = '<t:Body BodyType="HTML">&lt;p&gt;T&lt;/p&gt;</t:Body>'
const image =
  '<t:Attachments><t:FileAttachment><t:Name>e.png</t:Name><t:ContentType>image/png</t:ContentType><t:ContentId>easgate</t:ContentId><t:IsInline>true</t:IsInline><t:Content>iVBORw==</t:Content></t:FileAttachment></t:Attachments>'
const recipients =
  '<t:ToRecipients><t:Mailbox><t:EmailAddress>ana@contoso.com</t:EmailAddress></t:Mailbox></t:ToRecipients>'

function createItem(message: string, { disposition = 'SendAndSaveCopy', version = 'Exchange2010_SP1' } = {}): string {
  const folder = '<m:SavedItemFolderId><t:DistinguishedFolderId Id="sentitems"/></m:SavedItemFolderId>'
  return `<s:Envelope xmlns:s="${soap}" xmlns:t="${types}" xmlns:m="${messages}"><s:Header><t:RequestServerVersion Version="${version}"/></s:Header><s:Body><m:CreateItem MessageDisposition="${disposition}">${folder}<m:Items><t:Message>${message}</t:Message></m:Items></m:CreateItem></s:Body></s:Envelope>`
}

describe('CreateItem', () => {
  test('that the schema fits is sent and kept', async () => {
    expect(await ews(createItem(subject + text + image + recipients))).toMatchObject({
      status: 200,
      body: expect.stringContaining('<m:ResponseCode>NoError</m:ResponseCode>'),
    })
    const kept = (await (await fetch(`${url}/_sim/mails`)).json()) as object
    const attachment = {
      name: 'e.png',
      contentType: 'image/png',
      contentId: 'easgate',
      isInline: true,
      base64: 'iVBORw==',
    }
    expect(kept).toMatchObject({
      mails: [
        { from: account.address, to: ['ana@contoso.com'], subject: 'S', html: '<p>T</p>', attachments: [attachment] },
      ],
    })
  })
  test.each([
    ['recipients before the subject', createItem(recipients + subject + text)],
    ['attachments before the body', createItem(subject + image + text + recipients)],
    [
      'the content of an attachment before its name',
      createItem(
        subject +
          text +
          image.replace('<t:Name>e.png</t:Name>', '').replace('</t:Content>', '</t:Content><t:Name>e.png</t:Name>') +
          recipients,
      ),
    ],
    ['a subject twice', createItem(subject + subject + text + recipients)],
    ['an element that the schema has not', createItem(subject + text + recipients + '<t:Priority>1</t:Priority>')],
    ['an element of another namespace', createItem(subject.replaceAll('t:', 'm:') + text + recipients)],
    [
      'namespaces with https',
      createItem(subject + text + recipients).replaceAll(
        'http://schemas.microsoft.com',
        'https://schemas.microsoft.com',
      ),
    ],
    ['a body of no kind', createItem(subject + text.replace('HTML', 'Rich') + recipients)],
    [
      'an attachment that is no base64',
      createItem(subject + text + image.replace('iVBORw==', '<>'.replace('<>', '§§')) + recipients),
    ],
    ['no disposition', createItem(subject + text + recipients, { disposition: '' })],
    ['an unknown version', createItem(subject + text + recipients, { version: 'Exchange3000' })],
  ])('with %s is refused, and nothing is sent', async (_what, body) => {
    const answer = await ews(body)
    expect([answer.status, simulation.mails]).toEqual([500, []])
    expect(answer.body).toMatch(/<e:ResponseCode[^>]*>Error(SchemaValidation|InvalidServerVersion)</)
  })
  test('without recipients is ErrorInvalidRecipients; saved only, it is not sent', async () => {
    expect((await ews(createItem(subject + text))).body).toContain('ErrorInvalidRecipients')
    expect((await ews(createItem(subject + text + recipients, { disposition: 'SaveOnly' }))).body).toContain('NoError')
    expect(simulation.mails).toEqual([])
  })
  test('that is no XML is 400; without the password it is 401', async () => {
    expect((await ews('<a>')).status).toBe(400)
    const refused = await post('/EWS/Exchange.asmx', '', 'Basic x')
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="exchange"'])
  })
})

describe('faults by script', () => {
  const good = createItem(subject + text + recipients)
  const cases: [FaultInput, number, string, number][] = [
    [{ on: 'ews', kind: 'error', code: 'ErrorServerBusy', backOffMs: 5 }, 200, 'ResponseClass="Error"', 0],
    [
      { on: 'ews', kind: 'error', code: 'ErrorServerBusy', backOffMs: 5 },
      200,
      '<t:Value Name="BackOffMilliseconds">5</t:Value>',
      0,
    ],
    [{ on: 'ews', kind: 'fault', code: 'ErrorServerBusy' }, 500, '<s:Fault>', 0],
    [{ on: 'ews', kind: 'status', status: 503 }, 503, '<html>', 0],
    [{ on: 'ews', kind: 'status', status: 200, delivers: true }, 200, '<html>', 1],
  ]
  test.each(cases)('%j', async (fault, status, piece, mails) => {
    simulation.faults.set([fault])
    const answer = await ews(good)
    expect([answer.status, simulation.mails.length]).toEqual([status, mails])
    expect(answer.body).toContain(piece)
    expect((await ews(good)).body).toContain('NoError')
  })
  test('a script over HTTP, taken in order and by who is asked', async () => {
    const script: FaultInput[] = [
      { on: 'autodiscover', kind: 'redirectUrl', url: 'https://b/?a=1&b=2' },
      { on: 'ews', kind: 'cut', times: 2 },
      { on: 'ews', kind: 'good' },
      { on: 'ews', kind: 'error', code: 'ErrorSendAsDenied' },
    ]
    await fetch(`${url}/_sim/faults`, { method: 'POST', body: JSON.stringify(script) })
    await expect(ews(good)).rejects.toThrow()
    await expect(ews(good)).rejects.toThrow()
    expect([(await ews(good)).body, (await ews(good)).body]).toEqual([
      expect.stringContaining('NoError'),
      expect.stringContaining('ErrorSendAsDenied'),
    ])
    expect((await autodiscover(pox(account.address))).body).toContain(
      '<RedirectUrl>https://b/?a=1&amp;b=2</RedirectUrl>',
    )
  })
  test('a script that is none is refused whole', async () => {
    const answer = await fetch(`${url}/_sim/faults`, { method: 'POST', body: '[{"on":"ews","kind":"mood"}]' })
    expect(answer.status).toBe(400)
  })
})

const outlook = 'http://schemas.microsoft.com/exchange/autodiscover/outlook'
function pox(address: string, schema = `${outlook}/requestschema/2006`): string {
  return `<Autodiscover xmlns="${schema}"><Request><EMailAddress>${address}</EMailAddress><AcceptableResponseSchema>${outlook}/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`
}

describe('Autodiscover', () => {
  test('says where EWS is, by the name that it was asked under', async () => {
    expect((await autodiscover(pox(account.address))).body).toContain(
      `<Type>EXCH</Type><ASUrl>${url}/EWS/Exchange.asmx</ASUrl>`,
    )
  })
  test.each([
    ['another address', pox('nobody@contoso.com'), '500'],
    ['a namespace with https', pox(account.address, `${outlook}/requestschema/2006`.replace('http:', 'https:')), '600'],
    ['no XML', '<a>', '600'],
  ])('%s: an error with HTTP 200', async (_what, body, code) => {
    expect(await autodiscover(body)).toMatchObject({
      status: 200,
      body: expect.stringContaining(`<ErrorCode>${code}</ErrorCode>`),
    })
  })
})

test('it speaks https where it is given a certificate', async () => {
  const tls = createEwsServer(simulation, { key: testCertificateKey, cert: testCertificate }).listen(0, '127.0.0.1')
  await once(tls, 'listening')
  const options = { method: 'POST', ca: testCertificate, headers: { authorization: basic }, agent: false as const }
  const body = await new Promise<string>((resolve, reject) => {
    const outgoing = request(`https://127.0.0.1:${portOf(tls)}/autodiscover/autodiscover.xml`, options, (response) => {
      let all = ''
      response.on('data', (chunk) => (all += String(chunk))).on('end', () => resolve(all))
    })
    outgoing.on('error', reject).end(pox(account.address))
  })
  expect(body).toContain(`<EwsUrl>https://127.0.0.1:${portOf(tls)}/EWS/Exchange.asmx</EwsUrl>`)
  tls.closeAllConnections()
  tls.close()
})

function portOf(listening: ReturnType<typeof createEwsServer>): number {
  const address = listening.address()
  return typeof address === 'object' && address ? address.port : 0
}
