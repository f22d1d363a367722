import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { LogFile, type LogFileOptions } from '../../relay/logFile.ts'
import { newFolder } from './startRelay.ts'

interface TestLog {
  readonly log: LogFile
  readonly file: string
  readonly missed: string[]
  readonly said: string[]
  nowMs: number
}

function open(changes: Partial<LogFileOptions> = {}): TestLog {
  const { file = path.join(newFolder(), 'log', 'relay.log') } = changes
  const test: TestLog = {
    log: new LogFile({
      file,
      maxBytes: 1_000,
      keep: 3,
      now: () => test.nowMs,
      fallback: (line) => test.missed.push(line),
      onProblem: (problem) => test.said.push(`problem: ${problem}`),
      onRepaired: (missed) => test.said.push(`repaired: ${missed}`),
      ...changes,
    }),
    file,
    missed: [],
    said: [],
    nowMs: 0,
  }
  return test
}

const lineOf = (number: number) => `${JSON.stringify({ number, text: 'ü'.repeat(number % 40) })}\n`

/** Oldest first. */
function filesOf(file: string): string[] {
  const names = readdirSync(path.dirname(file)).filter((name) => name.startsWith(path.basename(file)))
  const age = (name: string) => Number(/\.(\d+)$/.exec(name)?.[1] ?? 0)
  return names.toSorted((a, b) => age(b) - age(a)).map((name) => path.join(path.dirname(file), name))
}

const textOf = (file: string) => readFileSync(file, 'utf8')

test('through a hundred rotations every line is there once, whole and in order, and no file is too large', () => {
  const { log, file, missed, said } = open({ keep: 1_000 })
  const lines = Array.from({ length: 2_000 }, (_none, number) => lineOf(number))
  for (const line of lines) log.write(line)
  log.close()
  const files = filesOf(file)
  expect(files.length).toBeGreaterThan(100)
  expect(files.map(textOf).join('')).toBe(lines.join(''))
  for (const one of files) {
    expect(readFileSync(one).length).toBeLessThanOrEqual(1_000)
    expect(textOf(one).endsWith('\n')).toBe(true)
  }
  expect([...missed, ...said]).toEqual([])
})

test.each([0, 1, 3])('of older files %i are kept, the youngest', (keep) => {
  const { log, file } = open({ keep })
  for (let number = 0; number < 1_000; number += 1) log.write(lineOf(number))
  log.close()
  const files = filesOf(file)
  expect(files).toHaveLength(keep + 1)
  const numbers = files.flatMap((one) => textOf(one).trim().split('\n')).map((line) => JSON.parse(line).number)
  expect(numbers).toEqual(Array.from(numbers, (_none, index) => 1_000 - numbers.length + index))
})

test('a line that is larger than a file may be gets one of its own', () => {
  const { log, file } = open()
  const long = `${'x'.repeat(5_000)}\n`
  for (const line of ['before\n', long, 'after\n']) log.write(line)
  expect(filesOf(file).map(textOf)).toEqual(['before\n', long, 'after\n'])
})

test('a relay that starts again goes on in the same file, and counts what is in it', () => {
  const first = open()
  first.log.write(`${'a'.repeat(600)}\n`)
  first.log.close()
  const second = open({ file: first.file })
  second.log.write('short\n')
  second.log.write(`${'b'.repeat(600)}\n`)
  expect(filesOf(first.file).map(textOf)).toEqual([`${'a'.repeat(600)}\nshort\n`, `${'b'.repeat(600)}\n`])
})

test('a line that a crash cut off spoils only itself', () => {
  const { log, file } = open()
  mkdirSync(path.dirname(file))
  writeFileSync(file, '{"whole":1}\n{"cut":')
  log.write('{"next":1}\n')
  expect(textOf(file)).toBe('{"whole":1}\n{"cut":\n{"next":1}\n')
})

test('lines that cannot be written go to the fallback, with one complaint, until the file can be written again', () => {
  const folder = newFolder()
  const inTheWay = path.join(folder, 'log', 'relay.log')
  mkdirSync(inTheWay, { recursive: true })
  const at = open({ file: inTheWay })
  at.log.write('1\n')
  at.log.write('2\n')
  at.nowMs = 30_000
  at.log.write('3\n')
  expect(at.missed).toEqual(['1\n', '2\n', '3\n'])
  expect(at.said).toEqual([expect.stringMatching(/^problem: EISDIR/)])

  rmdirSync(inTheWay)
  at.nowMs = 45_000
  at.log.write('4, too early to look again\n')
  at.nowMs = 60_000
  at.log.write('5\n')
  expect(at.said).toEqual([expect.stringMatching(/^problem: /), 'repaired: 4'])
  expect(textOf(inTheWay)).toBe('5\n')
})

test('a file that cannot be renamed grows, and is rotated when it can be', () => {
  const at = open({ keep: 1 })
  const inTheWay = `${at.file}.1`
  mkdirSync(inTheWay, { recursive: true })
  const line = `${'x'.repeat(600)}\n`
  for (let count = 0; count < 3; count += 1) at.log.write(line)
  expect(textOf(at.file)).toBe(line.repeat(3))
  rmdirSync(inTheWay)
  at.nowMs = 30_000
  at.log.write('new\n')
  expect(filesOf(at.file).map(textOf)).toEqual([line.repeat(3), 'new\n'])
  expect([...at.missed, ...at.said]).toEqual([])
})

test.skipIf(!existsSync('/dev/full'))('a full disk is a complaint and no fault', () => {
  const { log, missed, said } = open({ file: '/dev/full' })
  log.write('1\n')
  expect(missed).toEqual(['1\n'])
  expect(said).toEqual([expect.stringMatching(/^problem: ENOSPC/)])
})

// A limit on the size of files ends a write in the middle, as a disk does that becomes full.
test.skipIf(process.platform === 'win32')('what a full disk took of a line is cut off again', () => {
  const folder = newFolder()
  const file = path.join(folder, 'relay.log')
  const logFile = fileURLToPath(new URL('../../dist/relay/logFile.js', import.meta.url))
  const script = `
    import { LogFile } from ${JSON.stringify(logFile)}
    const missed = []
    const log = new LogFile({ file: ${JSON.stringify(file)}, maxBytes: 1e9, keep: 1,
      fallback: (line) => missed.push(line), onProblem: (text) => missed.push(text), onRepaired: () => {} })
    for (let number = 0; number < 4; number += 1) log.write(String(number).repeat(400) + '\\n')
    process.stdout.write(missed.join(''))`
  writeFileSync(path.join(folder, 'fill.mjs'), script)
  const command = `ulimit -f 2; exec "${process.execPath}" "${path.join(folder, 'fill.mjs')}"`
  const { stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
  const lines = [0, 1, 2, 3].map((number) => `${String(number).repeat(400)}\n`)
  expect(stderr).toBe('')
  const size = 2 * (stdout.includes('EFBIG') ? 512 : 1_024)
  const kept = lines.filter((_line, index) => (index + 1) * 401 <= size)
  expect(kept.length).toBeGreaterThan(0)
  expect(textOf(file)).toBe(kept.join(''))
  expect(stdout).toContain('EFBIG')
  expect(stdout.replace(/EFBIG[^0-9]*/, '')).toBe(lines.slice(kept.length).join(''))
})
