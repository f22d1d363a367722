/** The stand-in as a real child, driven over stdin the way the relay drives it. Ends with the test, or when `atEnd` says. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import type { AtEnd } from './startExchange.ts'

const executable = path.resolve(import.meta.dirname, '../../../sim/exchange/pwsh')
const args = ['-NoLogo', '-NoProfile', '-NonInteractive', '-NoExit', '-Command', '-']

export interface Reply {
  /** Every line before the last one, parsed. */
  readonly lines: readonly ReplyLine[]
  readonly end: Record<string, unknown> & { running?: number; queued?: number }
}

export interface ReplyLine {
  readonly key: string
  readonly row?: Record<string, unknown>
  readonly done?: {
    ok: boolean
    warnings: string[]
    durationMs: number
    error?: { category: string; message: string; retryAfterMs?: number }
  }
}

export interface StartedShell {
  readonly pid: number
  /** Writes a line to stdin. */
  readonly write: (line: string) => void
  /** The next line of stdout; undefined at its end. */
  readonly nextLine: () => Promise<string | undefined>
  readonly open: (settings?: object) => Promise<Reply>
  readonly step: (request: object) => Promise<Reply>
  readonly close: () => Promise<Reply>
  /** Steps until all of these have their outcome; rows and outcomes by key. */
  readonly finish: (start: readonly object[], step?: object) => Promise<Finished>
  readonly stderr: () => string
  readonly endStdin: () => void
  readonly exited: Promise<{ code: number | null; signal: string | null }>
}

export interface Finished {
  readonly rows: Record<string, Record<string, unknown>[]>
  readonly done: Record<string, NonNullable<ReplyLine['done']>>
}

export function startShell(
  exchangeUrl: string,
  env: NodeJS.ProcessEnv = {},
  atEnd: AtEnd = onTestFinished,
): StartedShell {
  const childEnv = { ...process.env, EASGATE_SIM_EXCHANGE: exchangeUrl, EASGATE_MODULE: 'Easgate.psm1', ...env }
  const child = spawn(executable, args, { stdio: 'pipe', env: childEnv })
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
  atEnd(async () => {
    child.kill('SIGKILL')
    await exited
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const nextLine = async (): Promise<string | undefined> => (await lines.next()).value
  const write = (line: string) => void child.stdin.write(`${line}\n`)
  const call = (line: string) => {
    write(line)
    return readReply(nextLine)
  }
  const step = (request: object) => call(`Step-Easgate '${toBase64({ waitMs: 250, maxRows: 1_000, ...request })}'`)
  const open = (settings: object = {}) => {
    write('Import-Module $env:EASGATE_MODULE')
    return call(`Open-Easgate '${toBase64({ parallel: 4, connection: {}, ...settings })}'`)
  }
  return {
    pid: child.pid ?? 0,
    write,
    nextLine,
    open,
    step,
    close: () => call('Close-Easgate'),
    finish: (start, more = {}) => finish(step, start, more),
    stderr: () => stderr,
    endStdin: () => child.stdin.end(),
    exited,
  }
}

export function toBase64(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64')
}

async function readReply(nextLine: () => Promise<string | undefined>): Promise<Reply> {
  const lines: ReplyLine[] = []
  for (;;) {
    const line = await nextLine()
    if (line === undefined) throw new Error('the shell ended before its reply')
    const value = JSON.parse(line)
    if (value.end !== true) lines.push(value)
    else if (value.lines === lines.length) return { lines, end: value }
    else throw new Error(`${lines.length} lines, but the last one says ${value.lines}`)
  }
}

async function finish(
  step: (request: object) => Promise<Reply>,
  start: readonly object[],
  more: object,
): Promise<Finished> {
  const finished: Finished = { rows: {}, done: {} }
  let request: object = { start, ...more }
  while (Object.keys(finished.done).length < start.length) {
    const { lines } = await step(request)
    for (const { key, row, done } of lines) {
      if (row) (finished.rows[key] ??= []).push(row)
      if (done) finished.done[key] = done
    }
    request = { start: [] }
  }
  return finished
}
