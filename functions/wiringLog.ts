/** The Log port over an invocation's context: one JSON object a line, so that Application Insights can sum what it finds in it. */
import type { Log } from './ports.ts'

/** What of an InvocationContext takes log lines. */
export interface LogTarget {
  readonly info: (text: string) => void
  readonly warn: (text: string) => void
  readonly error: (text: string) => void
}

/** `event` comes first in each line; a field whose name sounds like a secret is written as `[hidden]`. */
export function contextLog(context: LogTarget): Log {
  return {
    info: (event, fields) => context.info(line(event, fields)),
    warn: (event, fields) => context.warn(line(event, fields)),
    error: (event, fields) => context.error(line(event, fields)),
  }
}

/** The last resort only: callers pass no secrets. */
const secretName = /token|secret|password|privatekey|connectionstring|authorization/i

function line(event: string, fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ event, ...fields }, (name, value: unknown) => {
    if (secretName.test(name)) return '[hidden]'
    return value instanceof Error ? `${value.name}: ${value.message}` : value
  })
}
