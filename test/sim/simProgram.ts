/** A built simulator as a process of its own; ends with the test at the latest. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

export type Child = ChildProcessWithoutNullStreams

/** `name`: the simulator's folder in sim/. Gives what starts it. */
export function simProgram(name: string): (...args: readonly string[]) => Child {
  const program = new URL(`../../dist/sim/${name}/main.js`, import.meta.url).pathname
  if (!existsSync(program)) throw new Error('dist/ is missing: run `npm run build` first, or `npm test`, which does.')
  return (...args) => {
    const child = spawn(process.execPath, [program, ...args])
    onTestFinished(() => void child.kill('SIGKILL'))
    return child
  }
}

export async function firstLine(child: Child): Promise<string> {
  const [line] = await once(createInterface(child.stdout), 'line')
  return String(line)
}
