import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { withRunLog } from '../../relay/cli/runLog.ts'
import type { Surroundings } from '../../relay/cli/surroundings.ts'
import { windowsScriptNow } from '../../relay/windows/windowsScriptNow.ts'
import { writeShell } from './relayProgram.ts'
import { newFolder } from './startRelay.ts'

interface Written {
  readonly operation: string
  readonly entries: readonly { readonly id: number }[]
}

function onWindows(written: Written[]): Surroundings {
  const never = () => {
    throw new Error('run prints nothing here')
  }
  return {
    env: {},
    platform: 'win32',
    asker: undefined,
    writeOut: never,
    writeError: never,
    windows: async (operation, input) => {
      written.push({ operation, ...(input as Omit<Written, 'operation'>) })
      return {}
    },
  }
}

const idsOf = (written: readonly Written[]) => written.flatMap(({ entries }) => entries.map(({ id }) => id))
const settings = () => ({ file: path.join(newFolder(), 'relay.log'), level: 'warn', eventLog: true })

test('what the relay logs is in the event log when it has ended, whatever the level of the file', async () => {
  const written: Written[] = []
  const given = settings()
  await withRunLog(given, onWindows(written), async (log) => {
    log.info({ event: 'relay.starting' })
    log.info({ event: 'relay.stopped' })
    log.warn({ event: 'relay.other' })
  })
  expect(idsOf(written)).toEqual([1000, 1001])
  expect(readFileSync(given.file, 'utf8').trim().split('\n')).toHaveLength(1)
})

test('a relay that cannot start says so in the log and in the event log, and the error goes on', async () => {
  const written: Written[] = []
  const given = settings()
  const failed = withRunLog(given, onWindows(written), async () => Promise.reject(new Error('no entropy')))
  await expect(failed).rejects.toThrow('no entropy')
  expect(idsOf(written)).toEqual([1003])
  expect(JSON.parse(readFileSync(given.file, 'utf8'))).toMatchObject({
    event: 'relay.startFailed',
    problem: 'no entropy',
  })
})

test('the last words are written before the next line of code: the request on standard input, in plain ASCII', () => {
  const folder = newFolder()
  const file = path.join(folder, 'request')
  const executable = path.join(folder, 'powershell')
  writeFileSync(executable, `#!/bin/sh\necho "$@" > '${file}.args'\ncat > '${file}'\n`, { mode: 0o700 })
  windowsScriptNow({ executable, scriptPath: 'x.ps1' })('writeEvents', { entries: [{ id: 1002, text: 'ä' }] })
  expect(readFileSync(file, 'utf8')).toBe('{"operation":"writeEvents","entries":[{"id":1002,"text":"\\u00e4"}]}\n')
  expect(readFileSync(`${file}.args`, 'utf8')).toContain('-NonInteractive')
})

test.each([
  ['is not there', '/nowhere/powershell.exe'],
  ['hangs', writeShell('exec sleep 600')],
])('a PowerShell that %s stops nobody', (_what, executable) => {
  const call = windowsScriptNow({ executable, scriptPath: 'x.ps1', timeoutMs: 50 })
  expect(() => call('writeEvents', {})).not.toThrow()
})
