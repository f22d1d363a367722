/** Ends the process in good order: on SIGTERM or SIGINT, or when the parent that holds our standard input is gone. */
import type { RunningHost } from './host.ts'
import type { WriteLog } from './log.ts'

const drainLimitMs = 10_000

/** Running invocations get ten seconds; then the process exits 0. A second signal ends it at once, exit 1. */
export function stopOnRequest(host: RunningHost, withParent: boolean, log: WriteLog): void {
  let stopping = false
  const stop = async (why: string): Promise<void> => {
    if (stopping) process.exit(1)
    stopping = true
    log('information', `${why}: stopping`)
    const left = await host.stop(drainLimitMs)
    if (left > 0)
      log('warning', `${left} invocations still ran after ${drainLimitMs} ms and were cut; their messages come again`)
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop('SIGTERM'))
  process.on('SIGINT', () => void stop('SIGINT'))
  if (!withParent) return
  process.stdin.on('end', () => void stop('the parent is gone'))
  process.stdin.on('error', () => void stop('the parent is gone'))
  process.stdin.resume()
}
