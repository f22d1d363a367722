/** How the stand-in misbehaves as a process, when the environment or a command of the simulated Exchange says so. */
import { writeSync } from 'node:fs'

export interface Printed {
  /** Lines before the last one. */
  readonly lines: readonly string[]
  readonly end: string
}

/**
 * hang: never answers · flood: rubbish without end · exit: half an answer, then exit code 3 · kill: half an answer, then SIGKILL ·
 * rubbish: a line that is no JSON and is not counted · stderr: text there, the answer is good · wrongCount · noEnd: no last line.
 */
export async function misbehave(fault: string, reply: Printed): Promise<Printed> {
  const half = reply.lines.slice(0, Math.ceil(reply.lines.length / 2))
  if (fault === 'hang') await new Promise<never>(() => process.stdin.once('end', () => process.exit(0)))
  if (fault === 'flood') for (;;) writeAll(1, `${'rubbish '.repeat(1_000)}\n`)
  if (fault === 'exit' || fault === 'kill') {
    writeAll(1, half.map((line) => `${line}\n`).join(''))
    if (fault === 'exit') process.exit(3)
    process.kill(process.pid, 'SIGKILL')
    await new Promise<never>(() => {})
  }
  if (fault === 'stderr') writeAll(2, 'WARNING: the simulated shell writes this to the error stream.\n')
  if (fault === 'rubbish')
    return { lines: [...half, 'WARNING: no JSON', ...reply.lines.slice(half.length)], end: reply.end }
  if (fault === 'wrongCount') return { ...reply, end: reply.end.replace(/"lines":(\d+)/, '"lines":1$1') }
  return fault === 'noEnd' ? { ...reply, end: '' } : reply
}

/** `EASGATE_SIM_CHILD=hang@3`: the fault happens at the third step of this process. */
export function faultFromEnvironment(setting: string | undefined, step: number): string | undefined {
  const [fault, at = '1'] = (setting ?? '').split('@')
  return fault !== '' && Number(at) === step ? fault : undefined
}

// A full pipe says EAGAIN.
function writeAll(fd: number, text: string): void {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) process.exit(0)
    }
  }
}
