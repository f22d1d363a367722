/** Runs the commands of all conversations over the one PowerShell child, step by step (the module's side is Easgate.psm1). */
import type { Logger } from 'pino'
import { FairQueue, type Lane } from './fairQueue.ts'
import type { Pending, RunnerCommand, RunnerLane, Ticket } from './runnerCommand.ts'
import { OpenFailure } from './openFailure.ts'
import { childFailed, expired, refused, silent, withReason } from './outcomes.ts'
import type { ShellHost } from './shellHost.ts'
import { findSilent } from './silence.ts'
import type { Outcome, StepEvent, StepReply } from './stepReply.ts'
import { stepRequest, StepSizes } from './stepRequest.ts'

export interface RunnerOptions {
  readonly host: ShellHost
  /** Commands that the module runs at the same time. */
  readonly parallel: number
  readonly now: () => number
  readonly log: Logger
  /** How long a command that was stopped may take to end before the child is killed. */
  readonly stopGraceMs?: number
}

/** From this many failed openings in a row on, what waits is answered with the reason instead of waiting for the next attempt. */
export const patience = 3
/** While everything that runs is held, a step is taken this often, or at once when a reader goes on. */
const heldPauseMs = 1_000

export class CommandRunner {
  private readonly options: RunnerOptions
  private readonly waiting = new FairQueue<Pending>()
  /** Handed to the module, in that order: it starts them in that order, too. */
  private readonly given = new Map<string, Pending>()
  private readonly toCancel = new Set<string>()
  private readonly sizes = new StepSizes()
  private nextKey = 0
  private running = 0
  private isClosing = false
  private wakeUp: () => void = () => {}
  private work: Promise<void> | undefined

  constructor(options: RunnerOptions) {
    this.options = options
    options.host.onDeath = () => this.wakeUp()
  }

  /** Opens the child now, so that the first conversation finds it open. Resolves after the first attempt, good or bad. */
  async start(): Promise<void> {
    const first = this.tryOpen()
    this.work = first.then(() => this.loop())
    await first
  }

  lane(): RunnerLane {
    const lane: Lane<Pending> = { items: new Set() }
    return { add: (command) => this.add(lane, command) }
  }

  /** Tells the runner that a reader which was slow goes on. */
  wake(): void {
    this.wakeUp()
  }

  /** Answers what waits with `refused`, lets what was handed to the module end, closes the child. After `timeoutMs` it is killed. */
  async close(timeoutMs: number): Promise<void> {
    const { host } = this.options
    this.isClosing = true
    for (const pending of this.waiting.takeAll()) this.end(pending, refused())
    host.stopOpening()
    this.wakeUp()
    const kill = setTimeout(() => host.kill(), timeoutMs)
    await this.work
    clearTimeout(kill)
    await host.close()
  }

  private add(lane: Lane<Pending>, command: RunnerCommand): Ticket {
    this.nextKey += 1
    const key = `c${this.nextKey}`
    const pending: Pending = { key, command, lane, isCancelled: false, heardMs: 0, stoppedMs: undefined }
    if (this.isClosing) queueMicrotask(() => this.end(pending, refused()))
    else this.waiting.push(lane, pending)
    this.wakeUp()
    return { withdraw: () => this.waiting.remove(lane, pending), cancel: () => this.cancel(pending) }
  }

  private cancel(pending: Pending): void {
    pending.isCancelled = true
    if (this.waiting.remove(pending.lane, pending) || !this.given.has(pending.key)) return
    this.toCancel.add(pending.key)
    this.wakeUp()
  }

  private async loop(): Promise<void> {
    while (!this.isClosing || this.given.size > 0) {
      if (!this.options.host.isReady) await this.reopen()
      else if (this.given.size === 0 && !this.waiting.hasReady(isReady)) await this.woken()
      else {
        if (this.isAllHeld()) await this.woken(heldPauseMs)
        await this.step()
      }
    }
  }

  private async reopen(): Promise<void> {
    this.failGiven('the PowerShell child ended between two steps')
    if (!this.isClosing) await this.tryOpen()
  }

  private async tryOpen(): Promise<void> {
    const { host } = this.options
    try {
      await host.open()
    } catch (error) {
      if (!(error instanceof OpenFailure)) throw error
      if (host.failures < patience) return
      for (const pending of this.waiting.takeAll()) this.end(pending, withReason(error.failure))
    }
  }

  private async step(): Promise<void> {
    const start = this.toStart()
    const hold = [...this.given.values()].filter((pending) => !isReady(pending))
    const cancel = [...this.toCancel]
    this.toCancel.clear()
    const isFull = this.running >= this.options.parallel && hold.length === 0
    const request = stepRequest({ start, hold, cancel, isFull, maxRows: this.sizes.maxRows(this.given.values()) })
    try {
      const reply = await this.options.host.step(request, request.waitMs)
      this.onReply(reply)
    } catch (error) {
      this.failGiven(error instanceof Error ? error.message : String(error))
    }
  }

  /** Hands over what the module can take: what runs and as much again, so that a runspace never waits for the next step. */
  private toStart(): Pending[] {
    const start: Pending[] = []
    const nowMs = this.options.now()
    const room = this.options.parallel * 2 - [...this.given.values()].filter(isReady).length
    while (start.length < room && this.sizes.hasRoomFor(start)) {
      const pending = this.waiting.take(isReady)
      if (!pending) break
      if (Date.parse(pending.command.notAfter()) <= nowMs) this.end(pending, expired(pending.command.notAfter()))
      else start.push(pending)
    }
    for (const pending of start) {
      pending.heardMs = nowMs
      this.given.set(pending.key, pending)
    }
    return start
  }

  private onReply(reply: StepReply): void {
    this.running = reply.running
    for (const event of reply.events) this.onEvent(event)
    this.watchSilence()
  }

  private onEvent(event: StepEvent): void {
    const pending = this.given.get(event.key)
    if (!pending) return
    pending.heardMs = this.options.now()
    if ('done' in event) {
      this.given.delete(event.key)
      this.end(pending, pending.stoppedMs === undefined ? event.done : silent(pending.command.silenceMs))
    } else {
      this.sizes.learn(pending.command.cmdlet, event.chars)
      if (!pending.isCancelled) pending.command.onRow(event.row, event.chars)
    }
  }

  /** Stops what Exchange says nothing of, and kills the child when it does not stop. */
  private watchSilence(): void {
    const { now, stopGraceMs = 30_000, host, log } = this.options
    const { newly, stubborn } = findSilent(this.given.values(), { running: this.running, nowMs: now(), stopGraceMs })
    for (const { key, command } of newly) {
      this.toCancel.add(key)
      log.warn({ event: 'relay.command.silent', cmdlet: command.cmdlet, silenceMs: command.silenceMs })
    }
    if (stubborn) host.kill()
  }

  private failGiven(message: string): void {
    const lost = [...this.given.values()]
    this.given.clear()
    this.toCancel.clear()
    this.running = 0
    for (const pending of lost) this.end(pending, childFailed(message))
  }

  private end(pending: Pending, outcome: Outcome): void {
    if (!pending.isCancelled) pending.command.onDone(outcome)
  }

  private isAllHeld(): boolean {
    if (this.given.size === 0 || this.toCancel.size > 0) return false
    return [...this.given.values()].every((pending) => !isReady(pending)) && !this.waiting.hasReady(isReady)
  }

  private async woken(timeoutMs?: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs)
      this.wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.wakeUp = () => {}
  }
}

/** A conversation that takes no rows starts no further reads either: what runs for it fills memory and sessions. */
function isReady({ command }: Pending): boolean {
  return !command.isHeld()
}
