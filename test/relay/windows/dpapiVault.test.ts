import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { loadRelayKey, keyFileName } from '../../../relay/relayKey.ts'
import { dpapiVault, entropyFileName } from '../../../relay/windows/dpapiVault.ts'
import { restrictFolder } from '../../../relay/windows/restrictFolder.ts'
import type { WindowsScript } from '../../../relay/windows/windowsScript.ts'
import { newFolder, standIn } from '../cli/commandLine.ts'

let folder: string
let calls: string
let windows: WindowsScript
beforeEach(async () => {
  folder = path.join(newFolder(), 'state')
  calls = path.join(path.dirname(folder), 'calls')
  windows = standIn('win32', { FIXTURE_CALLS: calls })
  await restrictFolder({ folder, rights: 'modify' }, windows)
})
const callsOf = (operation: string) =>
  readFileSync(calls, 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"${operation}"`))

test('what was protected opens again, and the cipher text does not show it', async () => {
  const vault = dpapiVault(folder, windows)
  const cipher = await vault.protect('s3cret')
  expect(Buffer.from(cipher, 'base64').toString('latin1')).not.toContain('s3cret')
  expect(await vault.open(cipher)).toBe('s3cret')
})

test('secrets that are opened together share one process, and one that does not open fails alone', async () => {
  const vault = dpapiVault(folder, windows)
  const cipher = await vault.protect('s3cret')
  const opened = await Promise.allSettled([vault.open(cipher), vault.open('AAAA'), vault.open(cipher)])
  expect(opened.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual([
    's3cret',
    'Error: DPAPI cannot open it',
    's3cret',
  ])
  expect(callsOf('unprotect')).toHaveLength(1)
})

test('without its entropy, or with another, nothing opens', async () => {
  const vault = dpapiVault(folder, windows)
  const cipher = await vault.protect('s3cret')
  appendFileSync(path.join(folder, entropyFileName), 'x')
  await expect(vault.open(cipher)).rejects.toThrow('cannot open')
  const elsewhere = dpapiVault(newFolder(), windows)
  await expect(elsewhere.open(cipher)).rejects.toThrow('is not there')
})

test('nothing is protected in a folder that was not closed', async () => {
  await expect(dpapiVault(newFolder(), windows).protect('s3cret')).rejects.toThrow('not closed')
})

test('the key of the relay is kept protected, and opens at the next start', async () => {
  const vault = dpapiVault(folder, windows)
  const { fingerprint } = await loadRelayKey(folder, 'contoso', vault)
  const text = readFileSync(path.join(folder, keyFileName), 'utf8')
  expect(JSON.parse(text)).toEqual({
    protection: 'DPAPI',
    publicKey: expect.any(String),
    protected: expect.any(String),
  })
  expect((await loadRelayKey(folder, 'contoso', vault)).fingerprint).toBe(fingerprint)
})

test('a key in clear is not taken on Windows: whoever put it there may have kept it', async () => {
  const file = path.join(folder, keyFileName)
  await loadRelayKey(folder, 'contoso')
  const before = readFileSync(file, 'utf8')
  await expect(loadRelayKey(folder, 'contoso', dpapiVault(folder, windows))).rejects.toThrow(
    `${file} is not protected by DPAPI`,
  )
  expect(readFileSync(file, 'utf8')).toBe(before)
})

test('a protected key that does not open is an error that names the file and what to do', async () => {
  const file = path.join(folder, keyFileName)
  const vault = dpapiVault(folder, windows)
  await loadRelayKey(folder, 'contoso', vault)
  writeFileSync(path.join(folder, entropyFileName), 'another')
  await expect(loadRelayKey(folder, 'contoso', vault)).rejects.toThrow(`${file} cannot be opened: DPAPI cannot open it`)
})
