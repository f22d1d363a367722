/** The PowerShell child that sends web requests: apart from Exchange's, started when one is due, ended when none came for a while. */
import type { Logger } from 'pino'
import { isBypassed } from '../network/bypass.ts'
import type { ProxySettings } from '../network/proxyAgent.ts'
import { ChildFailure } from '../powershell/childFailure.ts'
import { Shell } from '../powershell/shell.ts'
import { splitReply } from '../powershell/stepReply.ts'
import { pointLine, type Web } from './web.ts'
import { errorEnd, responseLine, isLoopback, type WebReply, type WebRequest } from './webRequest.ts'

export interface WebShellOptions {
  readonly executable: string
  readonly modulePath: string
  readonly env: NodeJS.ProcessEnv
  /** Requests to this computer itself never go through it. */
  readonly proxy?: ProxySettings | undefined
  readonly log: Logger
  readonly times?: WebShellTimes
}

export interface WebShellTimes {
  /** For starting PowerShell and Import-Module. */
  readonly importMs: number
  /** What a call may take longer than the request itself. */
  readonly graceMs: number
  readonly idleMs: number
}

const defaultTimes: WebShellTimes = { importMs: 60_000, graceMs: 15_000, idleMs: 5 * 60_000 }
/** Of an answer's body; Autodiscover and EWS give a few kilobytes. */
const maxBytes = 512 * 1024
/** As JSON a byte becomes at most six. */
const maxReplyBytes = 6 * maxBytes + 64 * 1024
/** For Active Directory to answer. */
const pointsMs = 30_000
const importLine = 'Import-Module $env:EASGATE_MODULE'

/** One request at a time; the next waits for it. */
export class WebShell implements Web {
  private readonly options: WebShellOptions
  private readonly times: WebShellTimes
  private shell: Shell | undefined
  private idle: NodeJS.Timeout | undefined
  private last: Promise<unknown> = Promise.resolve()
  private isClosed = false

  constructor(options: WebShellOptions) {
    this.options = options
    this.times = options.times ?? defaultTimes
  }

  /** The child's id while there is one. */
  get pid(): number | undefined {
    return this.shell?.isAlive ? this.shell.pid : undefined
  }

  async post(request: WebRequest): Promise<WebReply> {
    const argument = { ...request, maxBytes, ...this.proxyFor(request.url) }
    return this.oneByOne(async () => {
      const started = await this.start()
      if (started instanceof ChildFailure) return failed(started, false)
      try {
        return readReply(
          await started.invoke(`Send-EasgateRequest '${toBase64(argument)}'`, request.timeoutMs + this.times.graceMs),
        )
      } catch (error) {
        return failed(error, true)
      }
    })
  }

  async connectionPoints(): Promise<readonly string[]> {
    return this.oneByOne(async () => {
      const started = await this.start()
      if (started instanceof ChildFailure) return []
      try {
        const line = `Get-EasgateConnectionPoint '${toBase64({ domain: null })}'`
        const { lines } = splitReply(await started.invoke(line, pointsMs))
        return lines.flatMap((text) => pointLine.safeParse(parseJson(text)).data?.point.url ?? [])
      } catch (error) {
        this.note(error)
        return []
      }
    })
  }

  /** Kills the child: it holds no session that would have to be closed. A request under way ends as one that may have been sent. */
  close(): void {
    this.isClosed = true
    this.end()
  }

  private async oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(async () => {
      clearTimeout(this.idle)
      try {
        return await work()
      } finally {
        this.idle = setTimeout(() => this.end(), this.times.idleMs).unref()
      }
    })
    this.last = turn.catch(() => {})
    return turn
  }

  private async start(): Promise<Shell | ChildFailure> {
    if (this.isClosed) return new ChildFailure('exit', 'the relay is shutting down')
    if (this.shell?.isAlive) return this.shell
    const { executable, modulePath, env } = this.options
    try {
      const childEnv = { ...env, EASGATE_MODULE: modulePath }
      const shell = new Shell({ executable, env: childEnv, maxReplyBytes }, importLine, this.times.importMs)
      this.shell = shell
      await shell.started
      return shell
    } catch (error) {
      this.note(error)
      return error instanceof ChildFailure ? error : new ChildFailure('exit', messageOf(error))
    }
  }

  private end(): void {
    clearTimeout(this.idle)
    this.shell?.kill()
    this.shell = undefined
  }

  private proxyFor(url: string) {
    const { proxy } = this.options
    if (!proxy || isLoopback(url) || isBypassed(new URL(url).hostname, proxy.bypass)) return {}
    const { address, account } = proxy
    return { proxy: { address, ...account } }
  }

  private note(error: unknown): void {
    const details = error instanceof ChildFailure ? { kind: error.kind, stderr: error.stderr } : {}
    this.options.log.warn({ event: 'relay.mail.childFailed', problem: messageOf(error), ...details })
  }
}

/** Throws a ChildFailure (rubbish) for anything but one response, or an error. */
function readReply(text: string): WebReply {
  const { lines, end } = splitReply(text)
  const { data: problem } = errorEnd.safeParse(end)
  if (problem) return problem.error
  const { data: answer } = responseLine.safeParse(parseJson(lines[0] ?? ''))
  if (answer && lines.length === 1) return answer.response
  throw new ChildFailure('rubbish', 'the PowerShell child answered a web request with neither a response nor an error')
}

function failed(error: unknown, sent: boolean): WebReply {
  return { category: 'other', message: messageOf(error), sent }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toBase64(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
