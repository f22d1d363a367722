/** The process table, as far as tests ask it: who belongs to whom, who still lives. Linux and macOS. */
import { spawnSync } from 'node:child_process'

/** The processes that this one started and that are still in the table. */
export function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' })
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return rows.flatMap(([parent, child]) => (parent === pid && child !== undefined ? [child] : []))
}

export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)])
}

/** Those of them that run; a zombie has ended and only waits to be noticed. */
export function stillRunning(pids: readonly number[]): number[] {
  if (pids.length === 0) return []
  const { stdout } = spawnSync('ps', ['-o', 'pid=,stat=', '-p', pids.join(',')], { encoding: 'utf8' })
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/))
  return rows.filter(([pid, state]) => pid !== '' && state?.startsWith('Z') === false).map(([pid]) => Number(pid))
}
