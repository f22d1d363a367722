// The module's web requests in a real PowerShell, against servers and a proxy of this process. Negotiate and NTLM need Windows.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Shell } from '../../../relay/powershell/shell.ts'
import { testCertificate } from '../../contract/rendezvousTls.ts'
import { argument, fixture, onPowerShell, productModule, realEnvironment, startShell } from './realPowerShell.ts'
import { account, basic, freePort, proxyAccount, startWebServers, type WebServers } from './webServers.ts'

const callMs = 60_000
const letters = '§ Ä 中 😀 "\'`$(x)\r\n'

onPowerShell(() => {
  const { env, folder } = realEnvironment()
  let web: WebServers
  let shell: Shell
  beforeAll(async () => {
    web = await startWebServers()
    // What .NET trusts on Linux; on Windows it is what Windows trusts.
    const authorities = path.join(folder, 'authorities.pem')
    writeFileSync(authorities, testCertificate)
    shell = await startShell({ ...env, EASGATE_MODULE: productModule, SSL_CERT_FILE: authorities })
  }, callMs)
  afterAll(() => {
    shell.kill()
    web.close()
  })

  test('a request arrives as it was given, and so does its response', async () => {
    const headers = { 'Content-Type': 'text/xml; charset=utf-8', SOAPAction: '"x"', 'User-Agent': 'easgate' }
    const { response } = await send({ url: `${web.origin}/echo`, headers, body: letters })
    const length = { 'content-length': '24' }
    expect(response).toMatchObject({ status: 200, body: letters, headers: { 'x-twice': 'a, b', ...length } })
    const arrived = { 'content-type': headers['Content-Type'], soapaction: '"x"', 'user-agent': 'easgate', ...length }
    expect(web.seen.at(-1)).toMatchObject({ body: letters, headers: arrived })
    expect(web.seen.at(-1)?.headers).not.toHaveProperty('expect')
  })

  test('a response in another charset arrives as it was meant', async () => {
    expect(await send({ url: `${web.origin}/latin`, method: 'GET' })).toMatchObject({ response: { body: '§Ä' } })
  })

  test('Basic is answered with the account, when the server asks for it', async () => {
    const { response } = await send({ url: `${web.origin}/basic`, authentication: 'Basic', account, body: 'x' })
    expect(response).toMatchObject({ status: 200, body: 'x' })
    const authorizations = web.seen.slice(-2).map(({ headers }) => headers.authorization)
    expect(authorizations).toEqual([undefined, basic(account.user, account.password)])
  })

  test.each([
    ['a wrong password', { authentication: 'Basic', account: { ...account, password: 'no' } }],
    ['none', { authentication: 'None' }],
    ['another way than the one that was chosen', { authentication: 'Ntlm', account }],
  ])('an account that is refused, for %s, is a response as any other', async (_what, changes) => {
    const { response } = await send({ url: `${web.origin}/basic`, ...changes, body: 'x' })
    expect(response).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } })
  })

  test('a redirection is not followed and a cookie not kept', async () => {
    const before = web.seen.length
    const { response } = await send({ url: `${web.origin}/redirect`, method: 'GET' })
    expect(response).toMatchObject({ status: 302, headers: { location: '/echo' } })
    await send({ url: `${web.origin}/echo`, method: 'GET' })
    const later = web.seen.slice(before).map(({ path: file, headers }) => [file, headers.cookie])
    expect(later).toEqual([
      ['/redirect', undefined],
      ['/echo', undefined],
    ])
  })

  test.each(['/silent', '/drip'])(
    'an answer that does not come or not whole (%s) is given up in time',
    async (file) => {
      const { error } = await send({ url: web.origin + file, body: 'x', timeoutMs: 300 })
      expect(error).toMatchObject({ category: 'timeout', sent: true })
    },
  )

  test.each(['/large', '/largeInChunks'])('an answer that is too large (%s) is refused', async (file) => {
    const { error } = await send({ url: web.origin + file, maxBytes: 1_000, body: 'x' })
    expect(error).toMatchObject({ category: 'tooLarge', sent: true })
    expect(await send({ url: web.origin + file, maxBytes: 100_000 })).toMatchObject({ response: { status: 200 } })
  })

  test('a server that ends the connection after it has read the request may have done what it says', async () => {
    const { error } = await send({ url: `${web.origin}/cut`, body: 'x' })
    expect(error).toMatchObject({ category: 'other', sent: true })
    expect(web.seen.at(-1)).toMatchObject({ path: '/cut', body: 'x' })
  })

  test('a server that is not there got nothing', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`
    const errors = [await send({ url, body: 'x' }), await send({ url, method: 'GET' })].map(({ error }) => error)
    for (const error of errors) expect(error).toMatchObject({ category: 'connect', sent: false })
  })

  test('a server that speaks no TLS, or has a certificate for other names, got nothing', async () => {
    const before = web.seen.length
    const noTls = { url: `${web.origin.replace('http:', 'https:')}/echo` }
    const otherName = { url: `${web.tlsOrigin.replace('localhost', 'other.example')}/echo`, proxy: known() }
    for (const request of [noTls, otherName]) {
      for (const rest of [{ body: 'x' }, { method: 'GET' }]) {
        expect((await send({ ...request, ...rest })).error).toMatchObject({ category: 'tls', sent: false })
      }
    }
    expect(web.seen.length).toBe(before)
  })

  test.each([
    ['address', { url: 'nonsense' }],
    ['authentication', { authentication: 'Basic' }],
    ['proxy', { proxy: { address: 'nonsense' } }],
  ])('a wrong %s is refused before anything is sent', async (_what, changes) => {
    const { error } = await send({ url: `${web.origin}/echo`, body: 'x', ...changes })
    expect(error).toMatchObject({ category: 'other', sent: false })
  })

  test('http goes through the proxy, with its account', async () => {
    const request = { url: `${web.origin}/basic`, authentication: 'Basic', account, body: letters }
    const { response } = await send({ ...request, proxy: known() })
    expect(response).toMatchObject({ status: 200, body: letters })
    expect(web.through.at(-1)).toBe(`POST ${web.origin}/basic`)
    expect((await send({ ...request, proxy: { address: web.proxy } })).response).toMatchObject({ status: 407 })
  })

  test.skipIf(process.platform === 'win32')('https goes through a tunnel of the proxy', async () => {
    const request = { url: `${web.tlsOrigin}/basic`, authentication: 'Basic', account, body: letters }
    const { response } = await send({ ...request, proxy: known() })
    expect(response).toMatchObject({ status: 200, body: letters })
    expect(web.through.at(-1)).toBe(`CONNECT ${new URL(web.tlsOrigin).host}`)
  })

  test('what the proxy refuses, or cannot reach, reached nobody', async () => {
    const request = { url: `${web.tlsOrigin}/echo`, body: 'x' }
    const wrong = await send({ ...request, proxy: { address: web.proxy, user: 'proxy', password: 'no' } })
    const gone = await send({ ...request, proxy: { address: `http://127.0.0.1:${await freePort()}` } })
    for (const { error } of [wrong, gone]) expect(error).toMatchObject({ category: 'connect', sent: false })
  })

  test('no password is kept or printed', async () => {
    const secrets = [account.password.slice(0, 7), proxyAccount.password]
    for (const file of ['/basic', '/cut']) {
      const told = await send({ url: web.origin + file, authentication: 'Basic', account, body: 'x', proxy: known() })
      for (const secret of secrets) expect(JSON.stringify(told)).not.toContain(secret)
      const kept = `& '${fixture('KeptSecrets.ps1')}' ${secrets.map((secret) => `'${secret}'`).join(',')}`
      expect(await shell.invoke(kept, callMs)).toBe('found:')
    }
  })

  function known(): object {
    return { address: web.proxy, ...proxyAccount }
  }

  async function send(request: object): Promise<{ response?: object; error?: object }> {
    const defaults = { method: 'POST', headers: {}, authentication: 'None', timeoutMs: 20_000, maxBytes: 1_000_000 }
    const text = await shell.invoke(`Send-EasgateRequest ${argument({ ...defaults, ...request })}`, callMs)
    const values = text.split('\n').map((line) => JSON.parse(line) as { response?: object; error?: object })
    expect(values.at(-1)).toMatchObject({ end: true, lines: values.length - 1 })
    return Object.assign({}, ...values) as object
  }
})
