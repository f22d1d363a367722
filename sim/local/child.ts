/** One process of the local stack: started, waited for, stopped with the launcher and never left behind. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Child {
  readonly name: string
  readonly pid: number
  /** The first line of standard output that is a JSON object. Rejects when the process ends before. */
  readonly ready: Promise<Record<string, unknown>>
  /** Resolves when the process has ended, however. */
  readonly ended: Promise<void>
  /** Closes standard input, which ends the process; kills it when that takes longer than `patienceMs`. */
  stop(patienceMs?: number): Promise<void>
  kill(): void
  /** What it wrote last, for an error message. */
  lastLines(): string
}

export interface ChildOptions {
  readonly name: string
  readonly script: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Options of Node itself, such as --max-old-space-size. */
  readonly nodeOptions?: readonly string[]
  /** Every line that the process writes. */
  readonly onLine?: (line: string) => void
}

export function startChild({
  name,
  script,
  args = [],
  env = {},
  nodeOptions = [],
  onLine = () => undefined,
}: ChildOptions): Child {
  const child = spawn(process.execPath, [...nodeOptions, script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own group: a Ctrl-C at the terminal reaches the launcher alone, which stops everything in order
    detached: process.platform !== 'win32',
  })
  const lines: string[] = []
  const remember = (line: string) => {
    lines.push(line)
    if (lines.length > 50) lines.shift()
    onLine(line)
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const ready = new Promise<Record<string, unknown>>((resolve, reject) => {
    const take = (line: string) => {
      remember(line)
      const object = parseObject(line)
      if (object) resolve(object)
    }
    createInterface({ input: child.stdout }).on('line', take)
    createInterface({ input: child.stderr }).on('line', remember)
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new Error(`${name} ended (${signal ?? code}) before it was ready:\n${lines.join('\n')}`)),
    )
  })
  ready.catch(() => undefined)
  child.stdin.on('error', () => undefined)
  return {
    name,
    pid: child.pid ?? 0,
    ready,
    ended,
    async stop(patienceMs = 5_000) {
      child.stdin.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
      await ended
      clearTimeout(timer)
    },
    kill: () => void child.kill('SIGKILL'),
    lastLines: () => lines.join('\n'),
  }
}

function parseObject(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return null
  }
}
