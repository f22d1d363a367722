import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { WindowsFailure, windowsScript } from '../../../relay/windows/windowsScript.ts'
import { newFolder, standIn } from '../cli/commandLine.ts'

test('what goes in comes through unchanged, in plain ASCII, and not as an argument', async () => {
  const calls = path.join(newFolder(), 'calls')
  const text = 'quotes "\' `$(x) § äöü 😀 \r\n tab\t \u2028 end'
  expect(await standIn('win32', { FIXTURE_CALLS: calls })('echo', { text })).toEqual({ text })
  expect(JSON.parse(readFileSync(calls, 'utf8'))).toEqual({
    operation: 'echo',
    isAscii: true,
    args: '-NoLogo -NoProfile -NonInteractive -ExecutionPolicy RemoteSigned -File Invoke-EasgateWindows.ps1'.split(' '),
  })
})

test('only the last line is the answer', async () => {
  expect(await standIn('win32')('noise', {})).toEqual({ text: 'after noise' })
})

test.each([
  ['hang', 'no answer in'],
  ['silent', 'ended with exit code 0 and without an answer'],
  ['flood', 'more than 1000000 characters'],
  ['unheardOf', 'ended with exit code 1 and without an answer'],
])('a script that does %s is a failure of its own', async (operation, message) => {
  const failed = standIn('win32', {}, operation === 'hang' ? 500 : 20_000)(operation, { secret: 'in-the-input' })
  await expect(failed).rejects.toThrow(WindowsFailure)
  await expect(failed).rejects.toThrow(message)
  await expect(failed).rejects.not.toThrow('in-the-input')
})

test('an error of the script keeps its category', async () => {
  const failed = standIn('win32')('protect', { secret: 's', entropyFile: path.join(newFolder(), 'relay.entropy') })
  await expect(failed).rejects.toMatchObject({ category: 'folderOpen' })
})

test('elsewhere than on Windows nothing is started', async () => {
  await expect(windowsScript({ platform: 'linux', executable: '/nowhere' })('protect', {})).rejects.toMatchObject({
    category: 'notWindows',
  })
})

test('without Windows PowerShell the message names what was looked for', async () => {
  const env = { SystemRoot: 'D:\\Windows' }
  await expect(windowsScript({ platform: 'win32', env })('protect', {})).rejects.toThrow(
    'D:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe: it cannot be started',
  )
})
