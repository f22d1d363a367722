// The module in a real PowerShell: what it would open a session with, and that it keeps and prints no password. The connection itself needs
// Windows, so it is tested up to that point.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Shell } from '../../../relay/powershell/shell.ts'
import { parseOpenReply } from '../../../relay/powershell/stepReply.ts'
import { argument, fixture, onPowerShell, productModule, realEnvironment, startShell } from './realPowerShell.ts'

const callMs = 60_000
const plainPart = 'Geheim7'
const password = `${plainPart}§'"$(x)\`😀`
const account = { user: 'CONTOSO\\svc', password }
const onPremises = {
  kind: 'onPremises',
  server: 'ex01.contoso.com',
  scheme: 'http',
  path: '/PowerShell/',
  authentication: 'Kerberos',
  viewEntireForest: true,
}
const hosted = {
  ...onPremises,
  kind: 'hosted',
  server: 'ps.example.com',
  scheme: 'https',
  authentication: 'Basic',
  account,
}
const proxied = { proxyAccess: 'IEConfig', proxyAuthentication: 'Basic', proxyAccount: { user: 'p', password } }
const plain = {
  uri: 'http://ex01.contoso.com/PowerShell/',
  shell: 'http://schemas.microsoft.com/powershell/Microsoft.Exchange',
  mechanism: 'Kerberos',
  account: null,
  redirections: 0,
  culture: 'en-US',
  proxy: 'None',
  proxyAccount: null,
  checks: true,
}
const svc = { user: 'CONTOSO\\svc', isPassword: true }
const outside = { uri: 'https://ps.example.com/PowerShell/', mechanism: 'Basic', account: svc, redirections: 5 }

onPowerShell(() => {
  const environment = realEnvironment().env
  const env = { ...environment, EASGATE_MODULE: productModule, FIXTURE_PASSWORD: password }
  let shell: Shell
  beforeAll(async () => {
    shell = await startShell(env)
  }, callMs)
  afterAll(() => shell.kill())

  test.each([
    ["on premises: Kerberos as the service's own identity", onPremises, plain],
    [
      'on premises: an account, https and a port of its own',
      { ...onPremises, account, scheme: 'https', port: 444, path: '/Ex/' },
      { ...plain, uri: 'https://ex01.contoso.com:444/Ex/', account: svc },
    ],
    [
      "Negotiate as the service's own identity, to a host that WinRM does not trust by name",
      { ...onPremises, authentication: 'Negotiate' },
      { ...plain, mechanism: 'NegotiateWithImplicitCredential' },
    ],
    [
      'Negotiate with an account',
      { ...onPremises, authentication: 'Negotiate', account },
      { ...plain, mechanism: 'Negotiate', account: svc },
    ],
    ['on premises there is no proxy', { ...onPremises, ...proxied }, plain],
    ['hosted: Basic, a few redirections, no proxy unless it is asked for', hosted, { ...plain, ...outside }],
    [
      "hosted: a proxy as Windows' user knows it, with an account",
      { ...hosted, ...proxied },
      {
        ...plain,
        ...outside,
        proxy: 'IEConfig',
        proxyMechanism: 'Basic',
        proxyAccount: { user: 'p', isPassword: true },
      },
    ],
    [
      'hosted: a proxy as WinHTTP knows it',
      { ...hosted, proxyAccess: 'WinHttpConfig' },
      { ...plain, ...outside, proxy: 'WinHttpConfig' },
    ],
    ['hosted: no proxy needs no account', { ...hosted, ...proxied, proxyAccess: 'none' }, { ...plain, ...outside }],
  ])('%s', async (_what, connection, expected) => {
    expect(await infoOf(connection)).toMatchObject(expected)
  })

  test('Basic goes over https only', async () => {
    expect(await infoOf({ ...hosted, scheme: 'http' })).toEqual({ error: expect.stringContaining('must be https') })
  })

  test('a password is not printed and not kept, whether a session opens or not', async () => {
    const line = argument({
      parallel: 1,
      connection: { ...hosted, server: '127.0.0.1', port: 9, ...proxied },
    })
    const text = await shell.invoke(`Open-Easgate ${line}`, callMs)
    expect(parseOpenReply(text)).toHaveProperty('category')
    const secrets = [plainPart, line.slice(1, 60)]
    for (const secret of secrets) expect(text).not.toContain(secret)
    const kept = `& '${fixture('KeptSecrets.ps1')}' ${secrets.map((secret) => `'${secret}'`).join()}`
    expect(await shell.invoke(kept, callMs)).toBe('found:')
  })

  test("Active Directory's connection points are printed with their keywords", async () => {
    const lines = (await shell.invoke(`& '${fixture('ConnectionPoints.ps1')}'`, callMs)).split('\n')
    const [url, keyword] = ['https://ex01.contoso.com/Autodiscover/Autodiscover.xml', 'Site=Zürich "1"']
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      { point: { url, keywords: ['77378F46-2C66-4aa9-A6A6-3E7A48B19596', keyword] } },
      { point: { url: 'LDAP://other.example', keywords: ['67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68'] } },
      { end: true, lines: 2 },
    ])
  })

  test.skipIf(process.platform === 'win32')('outside of a domain there are none, and it says why', async () => {
    const text = await shell.invoke(`Get-EasgateConnectionPoint ${argument({ domain: null })}`, callMs)
    const message = expect.stringMatching(/\w/) as string
    expect(JSON.parse(text)).toEqual({ end: true, lines: 0, error: { category: 'other', message } })
  })

  async function infoOf(connection: object): Promise<object> {
    const text = await shell.invoke(`& '${fixture('ConnectionInfo.ps1')}' ${argument(connection)}`, callMs)
    return JSON.parse(text) as object
  }
})
