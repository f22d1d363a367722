/** The log of `run`: opened before anything can fail, mirrored in the Event Log on Windows, emptied at the end. */
import type { Logger } from 'pino'
import { openEventLog, reportProblems } from '../eventLog/openEventLog.ts'
import { makeLog, type LogSettings } from '../log.ts'
import { windowsScriptNow } from '../windows/windowsScriptNow.ts'
import type { Surroundings } from './surroundings.ts'

/** A relay that cannot start has nobody to tell but the log: whoever started it is Task Scheduler. Throws what `work` throws. */
export async function withRunLog(
  settings: LogSettings & { readonly eventLog: boolean },
  { platform, windows }: Surroundings,
  work: (log: Logger) => Promise<void>,
): Promise<void> {
  const eventLog = openEventLog(settings, { platform, windows, windowsNow: windowsScriptNow() })
  const log = makeLog(settings, eventLog)
  reportProblems(eventLog, log)
  try {
    await work(log)
  } catch (error) {
    log.error({ event: 'relay.startFailed', problem: error instanceof Error ? error.message : String(error) })
    throw error
  } finally {
    await eventLog?.close()
  }
}
