/** Keeps one PowerShell child with the module loaded and its Exchange sessions open; starts it anew, with backoff, after a failure. */
import { ChildFailure } from './childFailure.ts'
import type { HostOptions } from './hostOptions.ts'
import { OpenFailure } from './openFailure.ts'
import { Shell } from './shell.ts'
import {
  parseCloseReply,
  parseOpenReply,
  parseStepReply,
  type Failure,
  type Opened,
  type StepReply,
} from './stepReply.ts'

const importLine = 'Import-Module $env:EASGATE_MODULE'

export class ShellHost {
  private readonly options: HostOptions
  private shell: Shell | undefined
  private isOpened = false
  private openedAtMs = 0
  private notBeforeMs = 0
  private backoffs = 0
  private isClosed = false
  private endPause: () => void = () => {}
  /** What the module learned when it last opened its sessions. */
  opened: Opened | undefined
  /** Failed attempts to open since one last succeeded, and why. */
  failures = 0
  lastFailure: Failure | undefined
  /** Called when an open child ends by itself between two steps. */
  onDeath: () => void = () => {}

  constructor(options: HostOptions) {
    this.options = options
  }

  /** False from the moment the child ended, was killed or was thrown away. */
  get isReady(): boolean {
    return this.isOpened && (this.shell?.isAlive ?? false)
  }

  get pid(): number | undefined {
    return this.shell?.pid
  }

  /** Opens a child unless one is open, not before the backoff is over. One attempt; throws an OpenFailure. */
  async open(): Promise<void> {
    if (this.isReady) return
    await this.pause()
    if (this.isClosed) throw new OpenFailure({ category: 'refused', message: 'the relay is shutting down' })
    try {
      this.opened = await this.openChild()
      this.isOpened = true
      this.openedAtMs = this.options.now()
      this.failures = 0
      this.lastFailure = undefined
      this.options.log.info({ event: 'relay.powershell.open', pid: this.shell?.pid, ...this.opened })
    } catch (error) {
      this.onOpenFailure(error)
    }
  }

  /** One Step-Easgate. Throws a ChildFailure, and the child is gone then. */
  async step(request: object, waitMs: number): Promise<StepReply> {
    const { shell } = this
    if (!shell) throw new ChildFailure('exit', 'no PowerShell child is open')
    try {
      const text = await shell.invoke(`Step-Easgate '${toBase64(request)}'`, waitMs + this.options.times.stepGraceMs)
      return parseStepReply(text)
    } catch (error) {
      this.giveUp(shell, error)
      throw error
    }
  }

  /** Kills the child at once: for a command that does not stop. */
  kill(): void {
    this.giveUp(this.shell, new ChildFailure('hang', 'a command did not stop'))
  }

  /** No further attempts; one that is under way is cut short, since nothing depends on it. */
  stopOpening(): void {
    this.isClosed = true
    this.endPause()
    if (!this.isOpened) this.shell?.kill()
  }

  /** Lets the module close its sessions, since Exchange allows few per account and forgets them only after a quarter of an hour. */
  async close(): Promise<void> {
    this.stopOpening()
    const { shell } = this
    if (!shell?.isAlive) return
    try {
      parseCloseReply(await shell.invoke('Close-Easgate', this.options.times.closeMs))
    } catch (error) {
      this.options.log.warn({ event: 'relay.powershell.closeFailed', problem: messageOf(error) })
    }
    shell.kill()
  }

  private async openChild(): Promise<Opened> {
    const { executable, env, modulePath, maxReplyBytes, times, settings } = this.options
    const childEnv = { ...env, EASGATE_MODULE: modulePath }
    const shell = new Shell({ executable, env: childEnv, maxReplyBytes }, importLine, times.importMs)
    this.shell = shell
    shell.onIdleExit = () => this.onIdleExit(shell)
    await shell.started
    const result = parseOpenReply(await shell.invoke(`Open-Easgate '${toBase64(settings)}'`, times.openMs))
    if ('category' in result) throw new OpenFailure(result)
    return result
  }

  private onIdleExit(shell: Shell): void {
    if (this.isClosed) return
    this.giveUp(shell, new ChildFailure('exit', 'the PowerShell child ended between two steps'))
    this.onDeath()
  }

  private onOpenFailure(error: unknown): never {
    const failure: Failure =
      error instanceof OpenFailure ? error.failure : { category: 'childFailed', message: messageOf(error) }
    this.failures += 1
    this.lastFailure = failure
    this.giveUp(this.shell, error, failure.retryAfterMs)
    throw new OpenFailure(failure, { cause: error })
  }

  /** Throws the child away and says when the next may be started. */
  private giveUp(shell: Shell | undefined, error: unknown, retryAfterMs = 0): void {
    if (!shell || shell !== this.shell) return
    const { times, now, log } = this.options
    shell.kill()
    const wasStable = this.isOpened && now() - this.openedAtMs >= times.stableMs
    this.shell = undefined
    this.isOpened = false
    this.backoffs = wasStable ? 1 : this.backoffs + 1
    const delayMs = Math.max(this.backoffMs(), retryAfterMs)
    this.notBeforeMs = now() + delayMs
    const details = error instanceof ChildFailure ? { kind: error.kind, stderr: error.stderr } : {}
    log.error({ event: 'relay.powershell.failed', problem: messageOf(error), ...details, nextTryInMs: delayMs })
  }

  private backoffMs(): number {
    const { firstBackoffMs, longestBackoffMs } = this.options.times
    const full = Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(this.backoffs - 1, 20))
    return full * (0.5 + this.options.random() / 2)
  }

  private async pause(): Promise<void> {
    const delayMs = this.notBeforeMs - this.options.now()
    if (delayMs <= 0 || this.isClosed) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs)
      this.endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

function toBase64(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
