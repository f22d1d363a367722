/** A host in a child process, as the tests drive it: started with a fixture app, watched through its JSON log lines. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as z from 'zod'
import { builtHost } from './builtHost.ts'

const hostLine = z.object({
  level: z.string(),
  message: z.string(),
  functionName: z.string().optional(),
  invocationId: z.string().optional(),
  url: z.string().optional(),
})
export type HostLine = z.infer<typeof hostLine>

const folder = import.meta.dirname
const running = new Set<ChildProcessWithoutNullStreams>()

/** Ends, the hard way, every host a test file started; for its afterAll. */
export function killHosts(): void {
  for (const child of running) child.kill('SIGKILL')
}

export class HostProcess {
  readonly lines: HostLine[] = []
  readonly #child: ChildProcessWithoutNullStreams
  readonly #watchers = new Set<() => void>()
  /** Exit code, or the signal's name. */
  readonly exited: Promise<number | string>
  #gone = false

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    running.add(child)
    createInterface({ input: child.stdout }).on('line', (line) => this.#add(line))
    child.stderr.on('data', (chunk: Buffer) =>
      this.#add(JSON.stringify({ level: 'stderr', message: chunk.toString() })),
    )
    this.exited = once(child, 'close').then(([code, signal]: unknown[]) => {
      this.#gone = true
      running.delete(child)
      for (const watcher of this.#watchers) watcher()
      return typeof code === 'number' ? code : String(signal)
    })
  }

  /** Starts a host on a fixture app with nothing but `env` in its environment, and does not wait for it. */
  static spawn(fixture: string, env: Record<string, string> = {}, args: string[] = []): HostProcess {
    const app = join(folder, 'fixtures', fixture)
    const given = [
      '--app',
      app,
      '--root',
      join(folder, 'fixtures'),
      '--port',
      '0',
      '--print-json',
      '--log-level',
      'debug',
      ...args,
    ]
    const path = { PATH: process.env['PATH'] ?? '' }
    return new HostProcess(spawn(process.execPath, [builtHost(), ...given], { env: { ...path, ...env } }))
  }

  /** Starts a host and waits until it serves. */
  static async start(fixture: string, env: Record<string, string> = {}, args: string[] = []): Promise<HostProcess> {
    const host = HostProcess.spawn(fixture, env, args)
    await host.until((line) => line.url !== undefined)
    return host
  }

  get url(): string {
    return this.lines.find((line) => line.url !== undefined)?.url ?? ''
  }

  /** The first line, past or to come, that fits; rejects with everything the host said when it ends without one. */
  async until(fits: (line: HostLine) => boolean): Promise<HostLine> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.lines.find(fits)
        if (!found && !this.#gone) return
        this.#watchers.delete(look)
        if (found) resolve(found)
        else reject(new Error(`the host ended without that line; it said:\n${this.text()}`))
      }
      this.#watchers.add(look)
      look()
    })
  }

  /** The messages one function logged so far. */
  logged(functionName: string): string[] {
    return this.lines.filter((line) => line.functionName === functionName).map((line) => line.message)
  }

  text(): string {
    return this.lines.map((line) => `${line.level} ${line.functionName ?? ''} ${line.message}`).join('\n')
  }

  async get(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, init)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  endInput(): void {
    this.#child.stdin.end()
  }

  #add(line: string): void {
    this.lines.push(toHostLine(line))
    for (const watcher of this.#watchers) watcher()
  }
}

/** A log line; anything else the process wrote becomes a line of level `raw`. */
function toHostLine(line: string): HostLine {
  return line.startsWith('{') ? hostLine.parse(JSON.parse(line)) : { level: 'raw', message: line }
}
