/** One command of the built relay program, as an administrator gives it; no command here waits for ever. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { programFile } from '../../sim/local/programFiles.ts'

export interface Said {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `env`: beside the environment of this process. */
export async function relayCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const child = spawn(process.execPath, [programFile('relay/main.js'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { exitCode: child.exitCode, stdout, stderr }
}
