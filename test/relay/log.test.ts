import { spawnSync } from 'node:child_process'
import { existsSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { makeLog } from '../../relay/log.ts'
import { newFolder } from './startRelay.ts'

const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('a line is one JSON object with level and time, and secrets are struck out', () => {
  const file = path.join(newFolder(), 'relay.log')
  makeLog({ file, level: 'info' }).info({ event: 'relay.x', password: 'p', inner: { token: 't' }, text: 'two\nlines' })
  expect(linesOf(file)).toEqual([
    {
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      event: 'relay.x',
      password: '***',
      inner: { token: '***' },
      text: 'two\nlines',
    },
  ])
})

test('the mirror gets every line from info up, the file only those of its level', () => {
  const file = path.join(newFolder(), 'relay.log')
  const mirrored: string[] = []
  const log = makeLog({ file, level: 'error' }, { write: (line) => mirrored.push(line) })
  log.debug({ event: 'a' })
  log.info({ event: 'b' })
  log.error({ event: 'c' })
  expect(linesOf(file).map(({ event }) => event)).toEqual(['c'])
  expect(mirrored.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['b', 'c'])
})

test('with a finer level, the file has what the mirror has not', () => {
  const file = path.join(newFolder(), 'relay.log')
  const mirrored: string[] = []
  const log = makeLog({ file, level: 'debug' }, { write: (line) => mirrored.push(line) })
  log.debug({ event: 'a' })
  log.info({ event: 'b' })
  expect(linesOf(file).map(({ event }) => event)).toEqual(['a', 'b'])
  expect(mirrored).toHaveLength(1)
})

test('the file is rotated at log.maxMb', () => {
  const file = path.join(newFolder(), 'relay.log')
  const log = makeLog({ file, level: 'info', maxMb: 1, keep: 1 })
  const text = 'x'.repeat(300_000)
  for (let number = 0; number < 4; number += 1) log.info({ number, text })
  expect(linesOf(`${file}.1`).map(({ number }) => number)).toEqual([0, 1, 2])
  expect(linesOf(file).map(({ number }) => number)).toEqual([3])
})

/** Runs in a process of its own: what is written to standard error cannot be read from within. */
function runWith(settings: object, stderr: 'pipe' | number = 'pipe') {
  const module = fileURLToPath(new URL('../../dist/relay/log.js', import.meta.url))
  const script = `
    const { makeLog } = await import(${JSON.stringify(module)})
    const log = makeLog(${JSON.stringify(settings)})
    for (let number = 0; number < 3; number += 1) log.info({ event: 'relay.x', number })
    process.stdout.write('goes on')`
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', stderr],
  })
}

test('a file that cannot be written is said once, with the remedy, and the lines go to standard error', () => {
  const { stdout, stderr } = runWith({ file: path.join(newFolder(), '\0'), level: 'info' })
  const lines = stderr.trim().split('\n')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 50,
    event: 'relay.log.fileFailed',
    remedy: expect.stringContaining('until then the log is on standard error'),
  })
  expect(lines.slice(1).map((line) => JSON.parse(line).number)).toEqual([0, 1, 2])
  expect(stdout).toBe('goes on')
})

test.skipIf(!existsSync('/dev/full'))('a standard error that cannot be written stops nothing', () => {
  const full = openSync('/dev/full', 'w')
  expect(runWith({ level: 'info' }, full)).toMatchObject({ stdout: 'goes on', status: 0 })
  expect(runWith({ file: '/dev/full', level: 'info' }, full)).toMatchObject({ stdout: 'goes on', status: 0 })
})
