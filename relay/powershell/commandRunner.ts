/** Runs the commands of all conversations over the one PowerShell child, step by step (the module's side is Easgate.psm1). */
import type { Logger } from 'pino'
import type { Lane } from './fairQueue.ts'
import type { Pending, RunnerCommand, RunnerLane, Ticket } from './runnerCommand.ts'
import { OpenFailure } from './openFailure.ts'
import { childFailed, endedForWantOfSession, sessionsLost, silent } from './outcomes.ts'
import type { ShellHost } from './shellHost.ts'
import { findSilent } from './silence.ts'
import type { Failure, Outcome, StepEvent, StepReply } from './stepReply.ts'
import { stepRequest, StepSizes } from './stepRequest.ts'
import { endPending, isReady, WaitingRoom } from './waitingRoom.ts'
import { Wake } from './wake.ts'

export interface RunnerOptions {
  readonly host: ShellHost
  /** Commands that the module runs at the same time. */
  readonly parallel: number
  readonly now: () => number
  readonly log: Logger
  /** How long a command that was stopped may take to end before the child is killed. */
  readonly stopGraceMs?: number
  readonly idlePauseMs?: number
}

/** While everything that runs is held, a step is taken this often, or at once when a reader goes on. */
const heldPauseMs = 1_000
/** A step is taken this often when there is no command: only then does the module close sessions that grew old (module/Sessions.ps1). */
const idlePauseMs = 60_000
/** While no session is open, what waits is looked at this often for commands that wait for nothing. */
const expiryPauseMs = 1_000

export class CommandRunner {
  private readonly options: RunnerOptions
  private readonly waiting = new WaitingRoom()
  /** Handed to the module, in that order: it starts them in that order, too. */
  private readonly given = new Map<string, Pending>()
  private readonly toCancel = new Set<string>()
  private readonly sizes = new StepSizes()
  private nextKey = 0
  private running = 0
  /** Whether the module hears a call while it waits in a step. */
  private hearsCalls = false
  /** Why the module has no session and can open none; nothing is handed to it then. */
  private shut: Failure | undefined
  private isClosing = false
  private readonly wakeUp = new Wake()
  private work: Promise<void> | undefined

  constructor(options: RunnerOptions) {
    this.options = options
    options.host.onDeath = () => this.wakeUp.call()
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
    this.wakeUp.call()
    this.options.host.call()
  }

  /** Answers what waits with `refused`, lets what was handed to the module end, closes the child. After `timeoutMs` it is killed. */
  async close(timeoutMs: number): Promise<void> {
    const { host } = this.options
    this.isClosing = true
    this.waiting.close()
    host.stopOpening()
    this.wakeUp.call()
    const kill = setTimeout(() => host.kill(), timeoutMs)
    await this.work
    clearTimeout(kill)
    await host.close()
  }

  private add(lane: Lane<Pending>, command: RunnerCommand): Ticket {
    this.nextKey += 1
    const { runId } = command
    const key = `${runId === undefined ? '' : `${runId}.`}c${this.nextKey}`
    const pending: Pending = { key, command, lane, isCancelled: false, heardMs: 0, stoppedMs: undefined }
    this.waiting.add(pending)
    this.wakeUp.call()
    if (this.room > 0) this.options.host.call()
    return { withdraw: () => this.waiting.remove(pending), cancel: () => this.cancel(pending) }
  }

  private cancel(pending: Pending): void {
    pending.isCancelled = true
    if (this.waiting.remove(pending) || !this.given.has(pending.key)) return
    this.toCancel.add(pending.key)
    this.wakeUp.call()
    this.options.host.call()
  }

  /** How many more commands the module can take: what runs and as much again, so that a runspace never waits for the next step. */
  private get room(): number {
    return this.options.parallel * 2 - [...this.given.values()].filter(isReady).length
  }

  private async loop(): Promise<void> {
    while (!this.isClosing || this.given.size > 0) {
      if (this.given.size === 0 && this.options.host.wantsMove) this.options.host.leave()
      if (!this.options.host.isReady) await this.reopen()
      else if (this.given.size === 0 && !this.waiting.hasReady()) await this.idle()
      else {
        if (this.isAllHeld()) await this.wakeUp.sleep(heldPauseMs)
        await this.step()
      }
    }
  }

  private async idle(): Promise<void> {
    const isCalled = await this.wakeUp.sleep(this.options.idlePauseMs ?? idlePauseMs)
    if (!isCalled) await this.step()
  }

  private async reopen(): Promise<void> {
    this.failGiven(childFailed('the PowerShell child ended between two steps'))
    if (!this.isClosing) await this.tryOpen()
  }

  private async tryOpen(): Promise<void> {
    const { host } = this.options
    const watch = setInterval(() => this.waiting.endHopeless(this.options.now(), host.refusal), expiryPauseMs)
    try {
      await host.open()
    } catch (error) {
      if (!(error instanceof OpenFailure)) throw error
      if (host.isHopeless) this.waiting.endAll(error.failure)
    } finally {
      clearInterval(watch)
    }
  }

  private async step(): Promise<void> {
    const start = this.toStart()
    const hold = [...this.given.values()].filter((pending) => !isReady(pending))
    const cancel = [...this.toCancel]
    this.toCancel.clear()
    const mayWait = this.hearsCalls || (this.running >= this.options.parallel && hold.length === 0)
    const request = stepRequest({ start, hold, cancel, mayWait, maxRows: this.sizes.maxRows(this.given.values()) })
    try {
      const reply = await this.options.host.step(request, request.waitMs)
      this.onReply(reply)
    } catch (error) {
      this.failGiven(childFailed(error instanceof Error ? error.message : String(error)))
    }
  }

  private toStart(): Pending[] {
    const start: Pending[] = []
    const nowMs = this.options.now()
    const { room } = this
    while (!this.shut && start.length < room && this.sizes.hasRoomFor(start)) {
      const pending = this.waiting.take(nowMs)
      if (!pending) break
      start.push(pending)
    }
    for (const pending of start) {
      pending.heardMs = nowMs
      this.given.set(pending.key, pending)
    }
    return start
  }

  private onReply(reply: StepReply): void {
    this.running = reply.running
    this.hearsCalls = reply.calls ?? false
    const unstarted = reply.events.flatMap((event) => this.onEvent(event, reply) ?? [])
    this.watchSilence()
    this.watchSessions(reply, unstarted)
  }

  /** Gives the command back when the module could not start it for want of a session. */
  private onEvent(event: StepEvent, reply: StepReply): Pending | undefined {
    const pending = this.given.get(event.key)
    if (!pending) return undefined
    pending.heardMs = this.options.now()
    if ('done' in event) {
      this.given.delete(event.key)
      const want = endedForWantOfSession(event.done, reply)
      if (want === 'unstarted') return pending
      const outcome = want === 'lost' ? sessionsLost() : event.done
      this.logFailure(pending, outcome)
      endPending(pending, pending.stoppedMs === undefined ? outcome : silent(pending.command.silenceMs))
    } else {
      this.sizes.learn(pending.command.cmdlet, event.chars)
      if (!pending.isCancelled) pending.command.onRow(event.row, event.chars)
    }
    return undefined
  }

  /** By the key as the module reported it. Without the message, which may name people: the outcome has it. */
  private logFailure({ key, command: { cmdlet, runId } }: Pending, { ok, durationMs, error }: Outcome): void {
    if (ok) return
    const { category } = error ?? {}
    this.options.log.info({ event: 'relay.command.failed', command: key, runId, cmdlet, category, durationMs })
  }

  /** When the module has no session for commands that wait, they wait here, until the host has opened some, on this server or another. */
  private watchSessions({ open, failure, queued }: StepReply, unstarted: readonly Pending[]): void {
    this.waiting.addBack(unstarted)
    if (open === 0 && failure && (unstarted.length > 0 || queued > 0)) this.shut = failure
    else if (open !== 0) this.shut = undefined
    // What the module still holds beyond its queue are rows and outcomes to be fetched.
    const { shut } = this
    if (!shut || this.given.size > queued) return
    this.failGiven(sessionsLost())
    this.options.host.lose(shut)
  }

  /** Stops what Exchange says nothing of, and kills the child when it does not stop. */
  private watchSilence(): void {
    const { now, stopGraceMs = 30_000, host, log } = this.options
    const { newly, stubborn } = findSilent(this.given.values(), { running: this.running, nowMs: now(), stopGraceMs })
    for (const { key, command } of newly) {
      this.toCancel.add(key)
      const { cmdlet, runId, silenceMs } = command
      log.warn({ event: 'relay.command.silent', cmdlet, runId, silenceMs })
    }
    if (stubborn) host.kill()
  }

  private failGiven(outcome: Outcome): void {
    const lost = [...this.given.values()]
    this.given.clear()
    this.toCancel.clear()
    this.running = 0
    this.hearsCalls = false
    this.shut = undefined
    for (const pending of lost) endPending(pending, outcome)
  }

  private isAllHeld(): boolean {
    if (this.given.size === 0 || this.toCancel.size > 0) return false
    return [...this.given.values()].every((pending) => !isReady(pending)) && !this.waiting.hasReady()
  }
}
