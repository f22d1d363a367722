/** The Exchange servers of one relay: learns which there are, moves to another when one fails, returns to the configured one (servers/). */
import type { Logger } from 'pino'
import type { Ask } from './askExchange.ts'
import type { HostServers, ServerInUse } from './powershell/hostOptions.ts'
import type { Failure } from './powershell/stepReply.ts'
import { eligibleServers } from './servers/eligibleServers.ts'
import { reaches } from './servers/reaches.ts'
import { recallServers, rememberServers, type ServerMemory } from './servers/serverMemory.ts'
import * as ring from './servers/serverRing.ts'

export interface ExchangeServersOptions {
  readonly connection: {
    readonly kind: 'onPremises' | 'hosted'
    readonly server: string
    readonly scheme: 'http' | 'https'
    readonly port?: number | undefined
    /** False, or hosted: there is the configured server and no other. */
    readonly casFailover: boolean
  }
  readonly stateDir: string
  readonly log: Logger
  readonly now: () => number
  /** Whether something listens there. */
  readonly reaches?: (host: string, port: number) => Promise<boolean>
  /** Runs `work` once, later; gives what calls it off. */
  readonly later?: (delayMs: number, work: () => void) => () => void
}

/** What it needs of the relay around it. */
export interface Surroundings {
  readonly ask: Ask
  /** Opens a session on that server beside the ones in use, and closes it: undefined when that worked. Never rejects. */
  readonly trial: (server: string) => Promise<Failure | undefined>
  /** The primary is to be used again: at once where no session is open, else when no command runs. */
  readonly onReturn: () => void
}

const learnEveryMs = 24 * 3_600_000
/** A list that is older is learned again as soon as a session is open; an empty one always. */
const freshMs = 12 * 3_600_000

export class ExchangeServers implements HostServers {
  private readonly options: Required<ExchangeServersOptions>
  private readonly mayMove: boolean
  private state: ring.RingState
  private memory: ServerMemory
  private surroundings: Surroundings | undefined
  private isPrimaryBack = false
  private isLearning = false
  private isClosed = false
  private endTrial: (() => void) | undefined
  private endLearn: (() => void) | undefined
  /** Called when the server in use, or what is known of the others, has changed. */
  onChange: () => void = () => {}

  constructor(options: ExchangeServersOptions) {
    this.options = { reaches, later: laterUnref, ...options }
    const { connection, stateDir } = options
    this.mayMove = connection.casFailover && connection.kind === 'onPremises'
    this.memory = this.mayMove ? recallServers(stateDir, connection.server) : { others: [], learnedMs: 0 }
    this.state = ring.whenLearned(ring.newRing(connection.server), this.memory.others)
  }

  /** Before the first session is opened. */
  attach(surroundings: Surroundings): void {
    this.surroundings = surroundings
  }

  get current(): string {
    return this.state.current
  }

  get count(): number {
    return 1 + this.state.others.length
  }

  /** Those that may stand in for the configured one, best first. */
  get others(): readonly string[] {
    return this.state.others
  }

  get inUse(): ServerInUse | undefined {
    const { used } = this.state
    return used && { ...used, since: new Date(used.sinceMs).toISOString() }
  }

  get wantsMove(): boolean {
    return this.isPrimaryBack
  }

  move(): void {
    this.isPrimaryBack = false
    this.state = ring.whenPrimaryAnswers(this.state)
  }

  onOpened(): void {
    const before = this.state.used?.server ?? this.state.primary
    this.state = ring.whenOpened(this.state, this.options.now())
    if (!ring.isSame(before, this.current)) this.tellMoved(before)
    this.isPrimaryBack &&= ring.isAway(this.state)
    this.watchPrimary()
    if (this.mayMove && this.isStale) void this.learn()
    this.onChange()
  }

  onFailed(failure: Failure): ring.Next {
    const { log, now } = this.options
    if (failure.category === 'accessDenied' && this.state.refusals === 0) {
      log.error({ event: 'relay.credential.refused', server: this.current, message: failure.message })
    }
    const { state, next } = ring.whenFailed(this.state, failure, now())
    this.state = state
    this.watchPrimary()
    this.onChange()
    return next
  }

  close(): void {
    this.isClosed = true
    this.endTrial?.()
    this.endLearn?.()
  }

  private tellMoved(from: string): void {
    const { log } = this.options
    const { current: to, reason } = this.state
    if (ring.isAway(this.state)) log.warn({ event: 'relay.server.failedOver', from, to, reason })
    else log.info({ event: 'relay.server.returned', from, to })
  }

  /** While another server is in use, and only then, the primary is tried from time to time. */
  private watchPrimary(): void {
    if (!ring.isAway(this.state)) {
      this.endTrial?.()
      this.endTrial = undefined
    } else if (!this.endTrial && !this.isClosed) {
      this.endTrial = this.options.later(ring.trialPauseMs(this.state), () => void this.tryPrimary())
    }
  }

  private async tryPrimary(): Promise<void> {
    const isBack = await this.isPrimaryGood()
    this.endTrial = undefined
    if (this.isClosed || !ring.isAway(this.state)) return
    if (!isBack) this.state = ring.whenTrialFails(this.state)
    // Also when it is back: nobody knows when no command will run.
    this.watchPrimary()
    this.isPrimaryBack = isBack
    if (isBack) this.surroundings?.onReturn()
  }

  private async isPrimaryGood(): Promise<boolean> {
    const { connection, log } = this.options
    const { server, scheme, port = scheme === 'https' ? 443 : 80 } = connection
    if (!(await this.options.reaches(server, port))) return false
    const failure = await this.surroundings?.trial(server)
    if (failure) log.info({ event: 'relay.server.trialFailed', server, category: failure.category })
    return failure === undefined
  }

  private get isStale(): boolean {
    return this.memory.others.length === 0 || this.options.now() - this.memory.learnedMs >= freshMs
  }

  private async learn(): Promise<void> {
    if (this.isLearning || this.isClosed || !this.surroundings) return
    this.isLearning = true
    const { connection, log } = this.options
    const { rows, failure } = await this.surroundings.ask('Get-ExchangeServer', {})
    this.isLearning = false
    this.endLearn?.()
    if (!this.isClosed) this.endLearn = this.options.later(learnEveryMs, () => void this.learn())
    // A list with holes would make it forget good servers.
    if (failure) {
      log.warn({ event: 'relay.server.notLearned', category: failure.category, message: failure.message })
      return
    }
    const others = eligibleServers(rows, connection.server)
    log.info({ event: 'relay.server.learned', servers: rows.length, others })
    this.state = ring.whenLearned(this.state, others)
    await this.remember({ others, learnedMs: this.options.now() })
    this.onChange()
  }

  private async remember(memory: ServerMemory): Promise<void> {
    const { connection, stateDir, log } = this.options
    this.memory = memory
    try {
      await rememberServers(stateDir, connection.server, memory)
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      log.warn({
        event: 'relay.server.notRemembered',
        problem,
        remedy: 'let the account of the relay write to stateDir',
      })
    }
  }
}

/** Does not keep the process alive. */
function laterUnref(delayMs: number, work: () => void): () => void {
  const timer = setTimeout(work, delayMs).unref()
  return () => clearTimeout(timer)
}
