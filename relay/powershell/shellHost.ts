/** Keeps one PowerShell child with the module loaded and its Exchange sessions open; starts it anew, or moves to another server, after a failure. */
import { ChildFailure } from './childFailure.ts'
import type { HostOptions, ServerInUse } from './hostOptions.ts'
import { OpenFailure } from './openFailure.ts'
import { failureOf, openSessions, startShell, toBase64, trySession } from './openSessions.ts'
import type { Shell } from './shell.ts'
import { parseCloseReply, parseStepReply, type Failure, type Opened, type StepReply } from './stepReply.ts'

/** From this many failed openings in a row on, and when each server had its turn, nobody is told to wait for the next attempt. */
const patience = 3
/** A call names its step by one byte. */
const mostSteps = 250

export interface OpenedHere extends Opened {
  readonly serverSince: string
  readonly serverReason: string
}

export class ShellHost {
  private readonly options: HostOptions
  private shell: Shell | undefined
  private isOpened = false
  private openedAtMs = 0
  private notBeforeMs = 0
  private backoffs = 0
  private isClosed = false
  private endPause: () => void = () => {}
  private onTrial: Shell | undefined
  private stepNumber = 0
  private isCallable = false
  /** What the module learned when it last opened its sessions, and why on that server. */
  opened: OpenedHere | undefined
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

  /** Why Exchange refused the account at the last attempt, if it did. */
  get refusal(): Failure | undefined {
    const { failures, lastFailure } = this
    return failures > 0 && lastFailure?.category === 'accessDenied' ? lastFailure : undefined
  }

  /** Whether whoever waits for a session is better told why there is none. A refused account does not mend itself. */
  get isHopeless(): boolean {
    const { failures, refusal, options } = this
    return refusal !== undefined || failures >= Math.max(patience, options.servers?.count ?? 1)
  }

  /** The configured server is to be used again: `leave` when no command runs, and open. */
  get wantsMove(): boolean {
    return this.options.servers?.wantsMove ?? false
  }

  /** Opens a child unless one is open, not before the backoff is over. One attempt; throws an OpenFailure. */
  async open(): Promise<void> {
    if (this.isReady) return
    await this.pause()
    if (this.isClosed) throw new OpenFailure({ category: 'refused', message: 'the relay is shutting down' })
    if (this.wantsMove) this.options.servers?.move()
    try {
      this.onOpened(await this.openChild())
    } catch (error) {
      this.onOpenFailure(error)
    }
  }

  /** Gives the sessions up on purpose, while no command runs; the child stays for the next `open`. */
  leave(): void {
    this.isOpened = false
  }

  /** The module has no session left, could open none, and says why; no command runs. */
  lose(failure: Failure): void {
    this.failures += 1
    this.lastFailure = failure
    this.settle(failure, new OpenFailure(failure))
  }

  /** Ends the wait before the next attempt. */
  hurry(): void {
    this.notBeforeMs = 0
    this.endPause()
  }

  /** Opens one session on that server in a child of its own, and closes it: undefined when that worked. Never rejects. */
  async trial(server: string): Promise<Failure | undefined> {
    if (this.isClosed || this.onTrial) return { category: 'refused', message: 'not tried: it is not the time for it' }
    this.onTrial = startShell(this.options)
    const failure = await trySession(this.onTrial, this.options, server)
    this.onTrial = undefined
    return failure
  }

  /** One Step-Easgate. Throws a ChildFailure, and the child is gone then. */
  async step(request: object, waitMs: number): Promise<StepReply> {
    const { shell } = this
    if (!shell) throw new ChildFailure('exit', 'no PowerShell child is open')
    this.stepNumber = (this.stepNumber % mostSteps) + 1
    this.isCallable = true
    try {
      const line = `Step-Easgate '${toBase64({ ...request, number: this.stepNumber })}'`
      return parseStepReply(await shell.invoke(line, waitMs + this.options.times.stepGraceMs))
    } catch (error) {
      this.giveUp(shell, error)
      throw error
    } finally {
      this.isCallable = false
    }
  }

  /** Ends the wait of the step that is under way, if there is one; once for each, and only where the module hears it. */
  call(): void {
    if (this.isCallable) this.shell?.call(this.stepNumber)
    this.isCallable = false
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
    this.onTrial?.kill()
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

  /** In the child that there is, or a new one. */
  private async openChild(): Promise<Opened> {
    const shell = this.shell?.isAlive ? this.shell : startShell(this.options)
    this.shell = shell
    shell.onIdleExit = () => this.onIdleExit(shell)
    await shell.started
    return openSessions(shell, this.options, this.options.servers?.current)
  }

  private onOpened(opened: Opened): void {
    const { servers, now, log } = this.options
    this.isOpened = true
    this.openedAtMs = now()
    this.failures = 0
    this.lastFailure = undefined
    servers?.onOpened()
    const inUse: ServerInUse = servers?.inUse ?? { server: '', since: new Date(now()).toISOString(), reason: onlyOne }
    const { server, since: serverSince, reason: serverReason } = inUse
    this.opened = { ...opened, server: opened.server ?? (server || null), serverSince, serverReason }
    log.info({ event: 'relay.powershell.open', pid: this.shell?.pid, ...this.opened })
  }

  private onIdleExit(shell: Shell): void {
    if (this.isClosed) return
    this.giveUp(shell, new ChildFailure('exit', 'the PowerShell child ended between two steps'))
    this.onDeath()
  }

  private onOpenFailure(error: unknown): never {
    const failure = failureOf(error)
    this.failures += 1
    this.lastFailure = failure
    this.settle(failure, error)
    throw new OpenFailure(failure, { cause: error })
  }

  /** Another server is tried at once and in the same child. Where it stays on this one, a child of its own may mend more than it costs. */
  private settle(failure: Failure, error: unknown): void {
    const { servers, log } = this.options
    const from = servers?.current
    const { isFresh, waitMs } = servers?.onFailed(failure) ?? { isFresh: false, waitMs: 0 }
    if (!isFresh || !this.shell?.isAlive) {
      this.giveUp(this.shell, error, Math.max(waitMs, failure.retryAfterMs ?? 0))
      if (isFresh) this.notBeforeMs = 0
      return
    }
    this.isOpened = false
    log.warn({ event: 'relay.server.failed', from, next: servers?.current, ...failure })
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

const onlyOne = 'it is the configured server'

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
