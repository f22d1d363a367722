/** The relay's log: one JSON object a line, to standard error or a file. Never parameters, keys or tokens. */
import { destination, pino, type Logger } from 'pino'

// A second fence: none of these is logged on purpose.
const secret = ['key', 'privateKey', 'token', 'password', 'signature', '*.key', '*.privateKey', '*.token', '*.password']

export interface LogSettings {
  /** Standard error when left out: standard output carries only the line that says that the relay is ready. */
  readonly file?: string | undefined
  readonly level: string
}

export function makeLog({ file, level }: LogSettings): Logger {
  const target = destination({ dest: file ?? 2, sync: true, mkdir: true, append: true })
  return pino({ level, base: null, timestamp: isoTime, redact: { paths: secret, censor: '***' } }, target)
}

function isoTime(): string {
  return `,"time":"${new Date().toISOString()}"`
}
