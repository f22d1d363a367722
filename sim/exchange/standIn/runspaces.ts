/** The module's pool of runspaces: at most `parallel` pipelines at once, the others wait in the order in which they came. */
import { setTimeout } from 'node:timers/promises'
import type { Failure } from './failure.ts'
import type { Pipeline } from './pipeline.ts'
import { Runspace, type RunspaceOptions } from './runspace.ts'

export interface RunspacesOptions extends RunspaceOptions {
  readonly parallel: number
  /** How long one command waits in all when Exchange asks to slow down. */
  readonly longestThrottleMs: number
}

// After a refusal of one more shell, this long no other is asked for.
const shellPauseMs = 5_000

export class Runspaces {
  readonly #options: RunspacesOptions
  readonly #queue: Pipeline[] = []
  readonly #idle: Runspace[] = []
  readonly #all = new Set<Runspace>()
  #noShellBefore = 0
  /** Why the last shell that was asked for could not be opened; none: since then one was. */
  #refusal: Failure | undefined

  constructor(options: RunspacesOptions) {
    this.#options = options
  }

  get queued(): number {
    return this.#queue.length
  }

  /** How many are open or being opened; and, when none is, why. */
  get sessions(): { open: number; failure?: Failure } {
    const open = [...this.#all].filter((runspace) => runspace.isOpen).length
    return { open, ...(open === 0 && this.#refusal && { failure: this.#refusal }) }
  }

  /** Opens the first runspace. */
  async open(): Promise<Runspace | Failure> {
    const runspace = new Runspace(this.#options)
    const failure = await runspace.open()
    if (failure) return withPause(failure)
    this.#all.add(runspace)
    this.#idle.push(runspace)
    return runspace
  }

  start(pipeline: Pipeline): void {
    this.#queue.push(pipeline)
    this.#pump()
  }

  /** Its outcome is `refused`, unless it ended before and only the reader does not know yet. */
  cancel(pipeline: Pipeline): void {
    pipeline.isCancelled = true
    pipeline.dropRows()
    const place = this.#queue.indexOf(pipeline)
    if (place >= 0) this.#queue.splice(place, 1)
    pipeline.stop()
    pipeline.end(0, stopped)
    this.#options.onOutput(pipeline)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((runspace) => runspace.close()))
    this.#options.client.close()
  }

  #pump(): void {
    while (this.#queue.length > 0) {
      const runspace = this.#idle.pop() ?? this.#another()
      if (!runspace) return
      const pipeline = this.#queue.shift()
      if (pipeline) void this.#use(runspace, pipeline)
    }
  }

  #another(): Runspace | undefined {
    const isPaused = this.#all.size > 0 && Date.now() < this.#noShellBefore
    if (this.#all.size >= this.#options.parallel || isPaused) return undefined
    const runspace = new Runspace(this.#options)
    this.#all.add(runspace)
    return runspace
  }

  async #use(runspace: Runspace, pipeline: Pipeline): Promise<void> {
    const startedMs = performance.now()
    const failure = await this.#run(runspace, pipeline)
    if (failure === 'otherRunspace') {
      this.#all.delete(runspace)
      this.#queue.unshift(pipeline)
    } else if (failure === 'noRunspace') {
      this.#idle.push(runspace)
      this.#endUnstarted([pipeline, ...this.#queue.splice(0)])
    } else {
      this.#idle.push(runspace)
      pipeline.end(Math.round(performance.now() - startedMs), failure)
      this.#options.onOutput(pipeline)
    }
    this.#pump()
  }

  // Throttled: wait and go on, within bounds. Session broken: a new session, and once more if that can do no harm.
  async #run(runspace: Runspace, pipeline: Pipeline): Promise<Failure | Unopened | undefined> {
    let waitedMs = 0
    let isStarted = false
    let isSecond = false
    for (;;) {
      if (pipeline.isCancelled) return stopped
      if (isLate(pipeline)) return expired(pipeline)
      const unopened = await runspace.open()
      if (unopened) return this.#onUnopened(unopened, isStarted)
      this.#refusal = undefined
      isStarted = true
      const failure = await runspace.run(pipeline)
      if (pipeline.isCancelled) {
        await runspace.close()
        return stopped
      }
      if (failure?.category === 'throttled') {
        const waitMs = failure.retryAfterMs ?? 1_000
        waitedMs += waitMs
        if (waitedMs > this.#options.longestThrottleMs || isLate(pipeline, waitMs)) return failure
        await setTimeout(waitMs)
      } else if (failure?.category === 'sessionBroken') {
        await runspace.close()
        if (isSecond || pipeline.hasGivenRows || !isRepeatable(pipeline)) return failure
        pipeline.dropRows()
        isSecond = true
      } else return failure
    }
  }

  // Fewer shells than wished for are enough, as long as there is one. What Exchange may have run has an unknown outcome.
  #onUnopened(failure: Failure, isStarted: boolean): Failure | Unopened {
    this.#noShellBefore = Date.now() + shellPauseMs
    this.#refusal = withPause(failure)
    if (isStarted) return { category: 'sessionBroken', message: `The session was lost: ${failure.message}` }
    return this.sessions.open > 0 ? 'otherRunspace' : 'noRunspace'
  }

  #endUnstarted(pipelines: readonly Pipeline[]): void {
    for (const pipeline of pipelines) {
      pipeline.end(0, this.#refusal)
      this.#options.onOutput(pipeline)
    }
  }
}

/** Never started: another runspace may have it, or there is none. */
type Unopened = 'otherRunspace' | 'noRunspace'

const stopped: Failure = { category: 'refused', message: 'stopped: the reader asked for it' }

function expired({ request }: Pipeline): Failure {
  return { category: 'expired', message: `not started: it was to start before ${request.notAfter}` }
}

function withPause(failure: Failure): Failure {
  return failure.category === 'shellLimit' ? { ...failure, retryAfterMs: shellPauseMs } : failure
}

function isLate({ request }: Pipeline, inMs = 0): boolean {
  return request.notAfter !== undefined && Date.now() + inMs >= Date.parse(request.notAfter)
}

/** Reads, and changes that end in the same state when made twice. */
function isRepeatable({ request }: Pipeline): boolean {
  return /^(Get|Set)-/.test(request.cmdlet)
}
