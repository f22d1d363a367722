/** Ends a process and everything it started: a killed shell must not leave a child behind that still talks to Exchange. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** How the tree is ended on Windows; a parameter so that a test can read the command line on any system. */
export type RunProgram = (file: string, args: readonly string[]) => void

/**
 * Kills at once, without asking. On Windows a signal ends only the process itself (TerminateProcess) and its children live on, so taskkill /T does it; elsewhere
 * child-shell refuses process groups, so the tree is read from /proc. A process that is gone already is no error.
 */
export function killTree(pid: number, platform: string = process.platform, run: RunProgram = runDetached): void {
  if (platform === 'win32') {
    const system = path.win32.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32')
    run(path.win32.join(system, 'taskkill.exe'), ['/PID', String(pid), '/T', '/F'])
    return
  }
  for (const id of [pid, ...descendants(pid)]) killOne(id)
}

function runDetached(file: string, args: readonly string[]): void {
  spawn(file, [...args], { stdio: 'ignore', windowsHide: true }).on('error', () => {})
}

function descendants(pid: number): number[] {
  const children = childrenOf(pid)
  return [...children, ...children.flatMap(descendants)]
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return text === '' ? [] : text.split(' ').map(Number)
  } catch {
    return []
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // gone already
  }
}
