import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { keyRing, open, seal } from '../../protocol/signing.ts'
import { keyFileName, loadRelayKey, publicFileName } from '../../relay/relayKey.ts'
import { newFolder } from './startRelay.ts'

test('the first start makes a key that only this account can read, and says in relay.json what may be shown', async () => {
  const folder = path.join(newFolder(), 'state')
  const signer = await loadRelayKey(folder, 'contoso')
  expect(statSync(path.join(folder, keyFileName)).mode & 0o777).toBe(0o600)
  const shown: unknown = JSON.parse(readFileSync(path.join(folder, publicFileName), 'utf8'))
  expect(shown).toEqual({ connectorId: 'contoso', publicKey: signer.publicKey, fingerprint: signer.fingerprint })
  expect(open(seal(signer, { a: 1 }), keyRing([signer.publicKey]))).toBe('{"a":1}')
})

test('the next start has the same key', async () => {
  const folder = newFolder()
  const first = await loadRelayKey(folder, 'contoso')
  expect((await loadRelayKey(folder, 'contoso')).fingerprint).toBe(first.fingerprint)
  expect(existsSync(path.join(folder, `${keyFileName}.new`))).toBe(false)
})

test.each(['', '{}', 'null', '{"privateKey":"AAAA"}', '{"privateKey":5}'])(
  'a key file that holds %j is an error that names the file, and is left as it is',
  async (text) => {
    const folder = newFolder()
    const file = path.join(folder, keyFileName)
    writeFileSync(file, text, { mode: 0o600 })
    await expect(loadRelayKey(folder, 'contoso')).rejects.toThrow(`${file} holds no usable key`)
    expect(readFileSync(file, 'utf8')).toBe(text)
  },
)

test('a key file that others can read is not used', async () => {
  const folder = newFolder()
  await loadRelayKey(folder, 'contoso')
  chmodSync(path.join(folder, keyFileName), 0o640)
  await expect(loadRelayKey(folder, 'contoso')).rejects.toThrow('mode 640')
})

test('the file says what keeps others from the key, and a file of before, which does not say it, is taken', async () => {
  const folder = newFolder()
  const { fingerprint } = await loadRelayKey(folder, 'contoso')
  const file = path.join(folder, keyFileName)
  const { protection, ...before } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
  expect(protection).toBe('file mode 600')
  writeFileSync(file, JSON.stringify(before), { mode: 0o600 })
  expect((await loadRelayKey(folder, 'contoso')).fingerprint).toBe(fingerprint)
})

test('a key that DPAPI protected cannot be used on another system, and the error says what to do', async () => {
  const folder = newFolder()
  const file = path.join(folder, keyFileName)
  writeFileSync(file, '{"protection":"DPAPI","protected":"AAAA"}', { mode: 0o600 })
  await expect(loadRelayKey(folder, 'contoso')).rejects.toThrow(/DPAPI on a Windows computer.*move it away and approve/)
})
