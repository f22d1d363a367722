import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { ConfigError } from '../../../relay/config.ts'
import { agentFor } from '../../../relay/network/dial.ts'
import { privateAuthorities, trustWith } from '../../../relay/network/trust.ts'
import { testCertificate } from '../../contract/rendezvousTls.ts'
import { newFolder } from '../startRelay.ts'
import { inspectedTls, inspectionAuthority } from './privateCa.ts'

// Node reads NODE_EXTRA_CA_CERTS as it starts, so this takes a process of its own, and so the built file.
const builtTrust = new URL('../../../dist/relay/network/trust.js', import.meta.url).href

function fileWith(content: string | Buffer): string {
  const file = path.join(newFolder(), 'ca.pem')
  writeFileSync(file, content)
  return file
}

it('takes every certificate of the file, whatever stands between them', () => {
  const text = `# our root\n${inspectionAuthority}\n# and one more\r\n${inspectedTls.cert.replaceAll('\n', '\r\n')}\n`
  expect(privateAuthorities(fileWith(text))).toHaveLength(2)
})

it.each([
  ['a file with something else in it', Buffer.from('hello'), 'holds no certificate in PEM'],
  ['an empty file', Buffer.from(''), 'holds no certificate in PEM'],
  ['a certificate in binary', new X509Certificate(inspectionAuthority).raw, 'certutil -encode'],
  ['a private key', Buffer.from(inspectedTls.key), 'exported as "Base-64 encoded X.509"'],
  [
    'a damaged certificate',
    Buffer.from(`${inspectionAuthority}${inspectionAuthority.replace('MII', 'AAA')}`),
    'certificate 2 of 2 in it is damaged',
  ],
])('refuses %s, with the name of the file and what to do', (_name, content, why) => {
  const file = fileWith(content)
  const start = (): unknown =>
    agentFor({ rendezvous: { address: 'wss://ns.servicebus.windows.net/$hc/x', caFile: file } })
  expect(start).toThrow(ConfigError)
  expect(start).toThrow(file)
  expect(start).toThrow(why)
})

it('refuses a file that is not there, with the setting to look at', () => {
  expect(() => trustWith('/nowhere/ca.pem')).toThrow(/\/nowhere\/ca\.pem[\s\S]*ENOENT[\s\S]*rendezvous\.caFile/)
})

it('is not asked for anything when no file is named', () => {
  expect(agentFor({ rendezvous: { address: 'wss://ns.servicebus.windows.net/$hc/x' } })).toBeUndefined()
})

it('adds to what Node trusts already and replaces nothing of it', async () => {
  const server = createServer(inspectedTls, (socket) => socket.on('error', () => {}).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const [extra, own] = [fileWith(inspectionAuthority), fileWith(testCertificate)]
  const script = `
    const { trustWith } = await import(${JSON.stringify(builtTrust)})
    const { connect } = await import('node:tls')
    const socket = connect({ host: '127.0.0.1', port: ${port}, servername: '', secureContext: trustWith(${JSON.stringify(own)}) })
    socket.on('secureConnect', () => console.log(socket.authorized)).on('error', (error) => console.log(error.code))`
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: extra }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env })
  server.close()
  expect(stdout.trim()).toBe('true')
})
