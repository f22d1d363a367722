/** The built launcher (`npm start`) as a child process, as a person at a terminal runs it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { programFile, root } from '../../sim/local/programFiles.ts'

export interface Launcher {
  readonly pid: number
  /** Everything it printed so far. */
  readonly said: { stdout: string; stderr: string }
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>
  /** The first match in what it printed, or will print. Rejects with all it said when it ends without. */
  until(text: RegExp): Promise<RegExpExecArray>
  signal(signal: NodeJS.Signals): void
}

const running = new Set<ChildProcess>()

/** For afterEach: ends what a failed test left. Their children end by themselves, which start.test.ts proves. */
export function killLaunchers(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** `env`: beside the environment of this process. */
export function launch(args: readonly string[], env: NodeJS.ProcessEnv = {}): Launcher {
  const file = programFile('sim/local/start.js')
  const child = spawn(process.execPath, [file, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const said = { stdout: '', stderr: '' }
  const watchers = new Set<() => void>()
  const onText = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
    said[stream] += chunk.toString()
    for (const watcher of watchers) watcher()
  }
  child.stdout.on('data', onText('stdout'))
  child.stderr.on('data', onText('stderr'))
  const exited = once(child, 'close').then(([code, signal]: unknown[]) => {
    running.delete(child)
    return (code ?? signal) as number | NodeJS.Signals
  })
  return {
    pid: child.pid ?? 0,
    said,
    exited,
    async until(text) {
      const found = new Promise<RegExpExecArray>((resolve) => {
        const look = () => {
          const match = text.exec(said.stdout)
          if (match) resolve(match)
        }
        watchers.add(look)
        look()
      })
      const ended = exited.then((how) =>
        Promise.reject(new Error(`ended (${how}) without ${text}:\n${said.stdout}\n${said.stderr}`)),
      )
      return Promise.race([found, ended])
    },
    signal: (signal) => void child.kill(signal),
  }
}
