import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { readConnectorFile } from '../../../relay/cli/readConnectorFile.ts'
import { takeOver } from '../../../relay/cli/takeOver.ts'
import { commandLine, newFolder } from './commandLine.ts'

/** The three public elements as Microsoft's pages show them, with others around that nobody has documented. */
const original = `<?xml version="1.0" encoding="utf-8"?>
<OnPremisesExchangeConnectorServiceConfiguration xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <IsCasFailoverEnabled>false</IsCasFailoverEnabled>
  <EnableParallelCommandSupport>true</EnableParallelCommandSupport>
  <ExchangeWebServiceURL>https://mail.contoso.com/EWS/Exchange.asmx</ExchangeWebServiceURL>
  <UseProxy>true</UseProxy>
  <ProxyServer>proxy.contoso.com</ProxyServer>
  <ProxyPort>8080</ProxyPort>
  <ProxyUserName>CONTOSO\\proxy</ProxyUserName>
  <DeltaSyncIntervalInMinutes>120</DeltaSyncIntervalInMinutes>
</OnPremisesExchangeConnectorServiceConfiguration>`

const read = (xml: string | Buffer) => takeOver(readConnectorFile(typeof xml === 'string' ? Buffer.from(xml) : xml))
const taken = (xml: string | Buffer) => Object.fromEntries(read(xml).taken.map(({ at, value }) => [at, value]))
const whole = {
  'connection.casFailover': false,
  'powershell.parallel': 4,
  'mail.ewsUrl': 'https://mail.contoso.com/EWS/Exchange.asmx',
  'proxy.address': 'http://proxy.contoso.com:8080',
}

describe('what the original wrote is read, however it wrote it', () => {
  const pair = (name: string, value: string) => `<add key="${name}" value="${value}"/>`
  const setting = (name: string, value: string) => `<setting name="${name}"><value>${value}</value></setting>`
  const values: [string, string][] = [
    ['IsCasFailoverEnabled', 'False'],
    ['EnableParallelCommandSupport', '1'],
    ['ExchangeWebServiceURL', whole['mail.ewsUrl']],
    ['ProxyServer', 'proxy.contoso.com'],
    ['ProxyPort', '8080'],
  ]
  test.each<[string, string | Buffer]>([
    ['as Microsoft’s pages show it', original],
    ['with a namespace prefix', original.replaceAll(/<(\/?)(?=[A-Z])/g, '<$1c:').replace('xmlns:xsi', 'xmlns:c')],
    ['in another case', original.replace(/ExchangeWebServiceURL/g, 'exchangeWebServiceUrl').replace(/IsCas/g, 'iscas')],
    ['with spaces and lines around', original.replace('>false<', '>\n   false\n  <').replace('>8080<', '> 8080 <')],
    [
      'in UTF-16',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(original.replace('utf-8', 'utf-16'), 'utf16le')]),
    ],
    ['with a byte order mark', `\uFEFF${original}`],
    ['as attributes', `<C ${values.map(([name, value]) => `${name}="${value}"`).join(' ')}/>`],
    [
      'as keys and values',
      `<configuration><appSettings>${values.map(([n, v]) => pair(n, v)).join('')}</appSettings></configuration>`,
    ],
    ['as .NET settings', `<s>${values.map(([name, value]) => setting(name, value)).join('')}</s>`],
    [
      'with the proxy in an element of its own',
      original.replace(
        /<UseProxy>[^]*<\/ProxyPort>/,
        '<ProxySettings><Server>proxy.contoso.com</Server><Port>8080</Port></ProxySettings>',
      ),
    ],
    [
      'with the port in the address',
      original
        .replace('proxy.contoso.com<', 'http://proxy.contoso.com:8080/<')
        .replace(/<ProxyPort>.*<\/ProxyPort>/, ''),
    ],
  ])('%s', (_what, xml) => {
    expect(taken(xml)).toEqual(whole)
  })
})

test.each([
  [
    'failover on, parallel off: as the original was installed',
    '<a><IsCasFailoverEnabled>true</IsCasFailoverEnabled><EnableParallelCommandSupport>false</EnableParallelCommandSupport></a>',
    { 'connection.casFailover': true, 'powershell.parallel': 1 },
  ],
  [
    'no address of Web Services: Autodiscover, as before',
    '<a><IsCasFailoverEnabled>true</IsCasFailoverEnabled><ExchangeWebServiceURL/></a>',
    { 'connection.casFailover': true },
  ],
  [
    'a proxy that was switched off',
    original.replace('<UseProxy>true', '<UseProxy>false'),
    { ...whole, 'proxy.address': undefined },
  ],
  [
    'hosts without the proxy',
    '<a><ProxyAddress>http://p:1</ProxyAddress><BypassList>*.contoso.com;ex01;&lt;local&gt;;10.*</BypassList></a>',
    { 'proxy.address': 'http://p:1', 'proxy.bypass': ['.contoso.com', 'ex01'] },
  ],
  [
    'an escaped character',
    '<a><ExchangeWebServiceURL>https://m/EWS/Exchange.asmx?a=1&amp;b=2</ExchangeWebServiceURL></a>',
    { 'mail.ewsUrl': 'https://m/EWS/Exchange.asmx?a=1&b=2' },
  ],
  ['CDATA', '<a><ProxyServer><![CDATA[proxy:3128]]></ProxyServer></a>', { 'proxy.address': 'http://proxy:3128' }],
  [
    'the same value twice',
    '<a><IsCasFailoverEnabled>true</IsCasFailoverEnabled><b IsCasFailoverEnabled="true"/></a>',
    { 'connection.casFailover': true },
  ],
])('%s', (_what, xml, expected) => {
  expect(taken(xml)).toEqual(JSON.parse(JSON.stringify(expected)))
})

test.each([
  [
    'a switch that is neither',
    '<a><IsCasFailoverEnabled>SANT</IsCasFailoverEnabled></a>',
    /^IsCasFailoverEnabled: it is neither/,
  ],
  [
    'a value twice, different',
    '<a><IsCasFailoverEnabled>true</IsCasFailoverEnabled><IsCasFailoverEnabled>false</IsCasFailoverEnabled></a>',
    /^IsCasFailoverEnabled: it is in the file 2 times/,
  ],
  [
    'an address without TLS',
    '<a><ExchangeWebServiceURL>http://m/EWS/Exchange.asmx</ExchangeWebServiceURL></a>',
    /^ExchangeWebServiceURL: it is no https/,
  ],
  [
    'a proxy with a password',
    '<a><ProxyAddress>http://u:secret@p:1</ProxyAddress></a>',
    /^ProxyAddress: it cannot be read/,
  ],
  [
    'a port that is none',
    '<a><ProxyAddress>p</ProxyAddress><ProxyPort>99999</ProxyPort></a>',
    /^ProxyAddress: it cannot be read/,
  ],
  ['an account of the proxy', original, /^the account of the proxy: .*--proxy-account/],
])('%s is not taken over, and it is said', (_what, xml, line) => {
  const { left } = read(xml)
  expect(left).toEqual([expect.stringMatching(line)])
  expect(left.join()).not.toContain('secret')
})

test('names that easgate does not know are told without their values', () => {
  expect(read(original).unknown).toEqual(['OnPremisesExchangeConnectorServiceConfiguration/DeltaSyncIntervalInMinutes'])
})

describe('the command', () => {
  let config: string
  let file: string
  beforeEach(() => {
    const folder = newFolder()
    config = path.join(folder, 'relay.json')
    file = path.join(folder, 'OnPremisesExchangeConnectorServiceConfiguration.xml')
    writeFileSync(file, original)
  })
  const run = async (...args: string[]) => commandLine(['import', file, '--config', config, ...args])
  const written = () => JSON.parse(readFileSync(config, 'utf8')) as object

  test('writes what it took and says what it did not take', async () => {
    const { exitCode, stdout } = await run()
    expect(exitCode).toBe(0)
    expect(written()).toEqual({
      connection: { casFailover: false },
      powershell: { parallel: 4 },
      proxy: { address: 'http://proxy.contoso.com:8080' },
    })
    expect(stdout).toContain('connection.casFailover = false  (IsCasFailoverEnabled)')
    expect(stdout).toMatch(
      /Not taken over:[^]*ExchangeWebServiceURL: .*--mail-from <address> --ews-url https:\/\/mail.contoso.com/,
    )
    expect(stdout).toContain('Not known to easgate')
    expect(stdout).toContain('passwords are not in that file')
    expect(stdout).toMatch(/Next: .*easgate-relay configure/)
    expect(stdout).not.toContain('120')
  })

  test('the address of Web Services is taken with the mailbox that sends', async () => {
    expect(await run('--mail-from', 'easgate@contoso.com')).toMatchObject({ exitCode: 0 })
    expect(written()).toMatchObject({ mail: { from: 'easgate@contoso.com', ewsUrl: whole['mail.ewsUrl'] } })
    expect(await run('--mail-from', 'nobody')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^--mail-from: /),
    })
  })

  test('configure completes what import began, and the rest of a configuration stays', async () => {
    writeFileSync(config, JSON.stringify({ connection: { server: 'ex01', casFailover: true }, maxConversations: 3 }))
    await run()
    await commandLine(['configure', '--config', config, '--port', '81'])
    expect(written()).toMatchObject({
      connection: { server: 'ex01', casFailover: false, port: 81 },
      maxConversations: 3,
    })
  })

  test('--dry-run writes nothing, and --json tells all of it', async () => {
    const { stdout } = await run('--dry-run', '--json')
    expect(existsSync(config)).toBe(false)
    expect(JSON.parse(stdout)).toMatchObject({
      written: false,
      taken: expect.arrayContaining([{ at: 'powershell.parallel', value: 4, from: 'EnableParallelCommandSupport' }]),
      unknown: [expect.stringContaining('DeltaSyncIntervalInMinutes')],
    })
  })

  test.each([
    ['is no XML', 'IsCasFailoverEnabled=true', /not well-formed|none of the settings/],
    ['is cut off', original.slice(0, 300), /not well-formed XML \(line \d+/],
    ['is empty', '', /not well-formed XML/],
    [
      'has a DOCTYPE',
      original.replace('?>', '?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
      /has a DOCTYPE/,
    ],
    ['has something else in it', '<a><b>1</b></a>', /none of the settings that easgate knows/],
    ['is no text', Buffer.from([0x3c, 0x61, 0x3e, 0xc3, 0x28]), /no text in UTF-8/],
    ['is too large', `<a>${' '.repeat(1_000_001)}</a>`, /the limit is 1000000/],
    ['is nested without end', `${'<a>'.repeat(90)}${'</a>'.repeat(90)}`, /nested/],
  ])('a file that %s is a failure that names it, and nothing is written', async (_what, content, message) => {
    writeFileSync(file, content)
    const ended = await run()
    expect(ended).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(message) })
    expect(ended.stderr).toContain(file)
    expect(existsSync(config)).toBe(false)
  })
})
