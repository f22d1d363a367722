/** Gathers how the relay is now, and keeps the status file up to date. */
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { ExchangeSide } from './exchangeSide.ts'
import type { ListenerState } from './rendezvous/listen.ts'
import { statusEveryMs, writeStatus, type RelayStatus } from './statusFile.ts'

export interface StatusSources {
  readonly version: string
  readonly connectorId: string
  readonly fingerprint: string
  readonly configuredServer: string
  readonly hasMail: boolean
  readonly exchange: ExchangeSide
  /** Undefined before the relay has begun to register. */
  readonly listener: () => ListenerState | undefined
  readonly conversations: () => number
  /** In ms; undefined: none came yet. */
  readonly lastBatchMs: () => number | undefined
}

type State = RelayStatus['state']
type Shown = Omit<RelayStatus, 'updatedAt'>

/** Within this time changes are gathered into one writing. */
const gatherMs = 1_000

export class StatusKeeper {
  private readonly sources: StatusSources
  private readonly stateDir: string
  private readonly log: Logger
  private readonly now: () => number
  private readonly startedAt: string
  private state: State = 'starting'
  private timer: NodeJS.Timeout | undefined
  private readonly heartbeat: NodeJS.Timeout
  private writing: Promise<void> = Promise.resolve()
  private written: Shown | undefined
  private isFailing = false

  constructor(stateDir: string, sources: StatusSources, { log, now }: { log: Logger; now: () => number }) {
    this.stateDir = stateDir
    this.sources = sources
    this.log = log
    this.now = now
    this.startedAt = isoOf(now())
    this.heartbeat = setInterval(() => this.write(), statusEveryMs).unref()
    this.write()
  }

  /** Something may have changed. */
  touch(state: State = this.state): void {
    this.state = state
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      if (!isDeepStrictEqual(this.shown(), this.written)) this.write()
    }, gatherMs).unref()
  }

  /** Writes for the last time. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.heartbeat)
    clearTimeout(this.timer)
    this.state = 'stopped'
    this.write()
    await this.writing
  }

  current(): RelayStatus {
    return { ...this.shown(), updatedAt: isoOf(this.now()) }
  }

  /** One after the other: two writings at once would meet in the same file. */
  private write(): void {
    const before = this.writing
    this.writing = (async () => {
      await before
      await this.writeNow()
    })()
  }

  private async writeNow(): Promise<void> {
    const status = this.current()
    const { updatedAt: _new, ...shown } = status
    try {
      await writeStatus(this.stateDir, status)
      this.written = shown
      this.isFailing = false
    } catch (error) {
      if (!this.isFailing) this.tell(error)
    }
  }

  private tell(error: unknown): void {
    this.isFailing = true
    const problem = error instanceof Error ? error.message : String(error)
    this.log.warn({
      event: 'relay.status.notWritten',
      problem,
      remedy: 'let the account of the relay write to stateDir',
    })
  }

  private shown(): Shown {
    const { exchange, version, connectorId, fingerprint, hasMail, conversations, lastBatchMs } = this.sources
    const lastMs = lastBatchMs()
    const { permissions } = exchange
    return {
      format: 1,
      pid: process.pid,
      state: this.state,
      version,
      connectorId,
      fingerprint,
      startedAt: this.startedAt,
      cloud: cloudOf(this.sources.listener()),
      exchange: this.exchangeShown(),
      permissions: permissions ? { checkedAt: permissions.checkedAt, missing: permissions.missing.map(copyOf) } : null,
      conversations: conversations(),
      lastBatchAt: lastMs === undefined ? null : isoOf(lastMs),
      hasMail,
    }
  }

  private exchangeShown(): RelayStatus['exchange'] {
    const { exchange, configuredServer } = this.sources
    const { host, servers } = exchange
    const { server = null, since = null, reason = null } = servers.inUse ?? {}
    const { lastFailure } = host
    return {
      isOpen: host.isReady,
      server,
      since,
      reason,
      configuredServer,
      standIns: [...servers.others],
      organization: host.opened?.organization ?? null,
      dialect: host.opened?.dialect ?? null,
      lastFailure: lastFailure ? { category: lastFailure.category, message: lastFailure.message } : null,
    }
  }
}

function cloudOf(state: ListenerState | undefined): RelayStatus['cloud'] {
  if (!state) return null
  const { connected, channels, since, lastError } = state
  const error = lastError ? { at: isoOf(lastError.at), reason: lastError.reason } : null
  return { connected, channels, since: isoOf(since), lastError: error }
}

type Missing = NonNullable<RelayStatus['permissions']>['missing'][number]

function copyOf(found: Omit<Missing, 'missing'> & { readonly missing: 'cmdlet' | readonly string[] }): Missing {
  return { ...found, missing: found.missing === 'cmdlet' ? 'cmdlet' : [...found.missing] }
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
