/** The Event Log of this computer for a relay that runs on Windows and did not switch it off; nothing elsewhere. */
import type { Logger } from 'pino'
import type { WindowsScript } from '../windows/windowsScript.ts'
import { EventLog } from './eventLog.ts'

export const eventSource = 'easgate relay'

export interface EventLogSystem {
  readonly platform: string
  readonly windows: WindowsScript
  /** The same call, waited for. */
  readonly windowsNow: (operation: string, input: object) => void
}

export function openEventLog(log: { readonly eventLog: boolean }, system: EventLogSystem): EventLog | undefined {
  if (!log.eventLog || system.platform !== 'win32') return undefined
  const { windows, windowsNow } = system
  return new EventLog({
    write: async (entries) => void (await windows('writeEvents', { source: eventSource, entries })),
    writeNow: (entries) => windowsNow('writeEvents', { source: eventSource, entries }),
  })
}

/** Problems of the Event Log go to the log. */
export function reportProblems(eventLog: EventLog | undefined, log: Logger): void {
  if (!eventLog) return
  const remedy =
    'run easgate-relay install as an administrator, which registers the source, or set log.eventLog to false'
  eventLog.onProblem = (problem) => log.warn({ event: 'relay.eventLog.failed', problem, remedy })
  eventLog.onRepaired = () => log.info({ event: 'relay.eventLog.repaired' })
}
