/** Writes the host's output: one line per log, readable or (with --print-json) one JSON object per line. */
import type { Level } from './rpc.ts'

/** Where a line comes from, and (for --print-json) what it is about: `url`, `port` and `pid` come with the line that says the host runs. */
type LogSource = { functionName?: string; invocationId?: string; url?: string; port?: number; pid?: number }
export type WriteLog = (level: Level, message: string, source?: LogSource) => void

export const levels: readonly Level[] = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none']

/**
 * A log writer that drops everything below `minimum`.
 * A line break inside a message is written as ` | `, so that a line is always a whole log.
 */
export function createLog(minimum: Level, asJson: boolean, to: NodeJS.WritableStream): WriteLog {
  return (level, message, source = {}) => {
    if (levels.indexOf(level) < levels.indexOf(minimum)) return
    const time = new Date().toISOString()
    const line = asJson ? JSON.stringify({ time, level, ...source, message }) : readable(time, level, message, source)
    to.write(`${line}\n`)
  }
}

/** The message of what was thrown: for storage errors all there is to say, as the error object itself carries the signed request. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** What was thrown, as text: the stack of an error (the first line holds its message), anything else as a string. */
export function errorText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${errorText(thrown.cause)}`
  return `${thrown.stack ?? thrown.message}${cause}`
}

function readable(time: string, level: Level, message: string, source: LogSource): string {
  const who = source.functionName === undefined ? 'host' : `${source.functionName} ${source.invocationId ?? ''}`.trim()
  return `${time} ${level.slice(0, 4).padEnd(4)} [${who}] ${message.replaceAll(/\s*\r?\n\s*/g, ' | ')}`
}
