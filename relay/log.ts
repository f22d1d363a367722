/** The relay's log: one JSON object a line, to standard error or a rotating file. Never parameters, keys or tokens. */
import { destination, multistream, pino, type Level, type Logger } from 'pino'
import { LogFile } from './logFile.ts'

// A second fence: none of these is logged on purpose.
const secret = ['key', 'privateKey', 'token', 'password', 'signature', '*.key', '*.privateKey', '*.token', '*.password']
const megabyte = 1024 * 1024

export interface LogSettings {
  /** Standard error when left out: standard output carries only the line that says that the relay is ready. */
  readonly file?: string | undefined
  readonly level: string
  readonly maxMb?: number
  readonly keep?: number
}

/** Takes lines as they are written, each with its end; must not throw. */
export interface LineSink {
  write(line: string): void
}

/** `mirror` gets every line from info up, whatever `level` says (eventLog.ts). */
export function makeLog(settings: LogSettings, mirror?: LineSink): Logger {
  const level = settings.level as Level
  const target = settings.file === undefined ? standardError() : fileOf({ ...settings, file: settings.file }, mirror)
  const base = { base: null, timestamp: isoTime, redact: { paths: secret, censor: '***' } }
  if (!mirror) return pino({ ...base, level }, target)
  const lowest = isBelowInfo(level) ? level : 'info'
  const streams = [
    { level, stream: target },
    { level: 'info' as const, stream: mirror },
  ]
  return pino({ ...base, level: lowest }, multistream(streams))
}

function isBelowInfo(level: Level): boolean {
  return level === 'trace' || level === 'debug'
}

/** A standard error that nobody reads or that cannot be written must not stop the relay: lines beyond a megabyte are dropped then. */
function standardError(): LineSink {
  return destination({ dest: 2, sync: true, maxLength: megabyte }).on('error', () => {})
}

function fileOf({ file, maxMb = 20, keep = 5 }: LogSettings & { readonly file: string }, mirror?: LineSink): LineSink {
  const fallback = standardError()
  const say = (level: number, fields: object): string =>
    `${JSON.stringify({ level, time: new Date().toISOString(), file, ...fields })}\n`
  const logFile: LogFile = new LogFile({
    file,
    maxBytes: maxMb * megabyte,
    keep,
    fallback: (line) => fallback.write(line),
    onProblem: (problem) => {
      const remedy =
        'let the account of the relay write there, or free the disk; until then the log is on standard error'
      const line = say(50, { event: 'relay.log.fileFailed', problem, remedy })
      fallback.write(line)
      mirror?.write(line)
    },
    onRepaired: (missed) => {
      const line = say(40, { event: 'relay.log.fileRepaired', missed, remedy: 'these lines went to standard error' })
      logFile.write(line)
      mirror?.write(line)
    },
  })
  return logFile
}

function isoTime(): string {
  return `,"time":"${new Date().toISOString()}"`
}
