/** The PowerShell module's three functions, as the contract describes them: Open-, Step- and Close-Easgate. */
import { setTimeout } from 'node:timers/promises'
import { ExchangeClient } from './exchangeClient.ts'
import type { Failure } from './failure.ts'
import { Pipeline, type CommandRequest } from './pipeline.ts'
import { Runspace, type Connection } from './runspace.ts'
import { Runspaces } from './runspaces.ts'

export interface OpenSettings {
  readonly parallel?: number
  readonly connection?: Connection
}

export interface StepRequest {
  readonly start?: readonly CommandRequest[]
  readonly hold?: readonly string[]
  readonly cancel?: readonly string[]
  readonly waitMs?: number
  readonly maxRows?: number
}

/** The lines of a reply and what its last line says beside their number. */
export interface Reply {
  readonly lines: readonly string[]
  readonly end: object
}

export interface ModuleOptions {
  readonly exchangeUrl: string
  readonly longestThrottleMs: number
}

// After the first line, a step waits this long for more, so that many short commands do not cost a step each.
const gatherMs = 4

export class EasgateModule {
  readonly #options: ModuleOptions
  #runspaces: Runspaces | undefined
  // Commands whose outcome the reader does not have, by key, in the order in which they came.
  readonly #live = new Map<string, Pipeline>()
  #held = new Set<string>()
  readonly #ready = new Set<Pipeline>()
  #wake: () => void = () => {}
  /** A fault of this very process that a command brought along. */
  childFault: string | undefined

  constructor(options: ModuleOptions) {
    this.#options = options
  }

  async open({ parallel = 1, connection = {} }: OpenSettings): Promise<Reply> {
    await this.close()
    const runspaces = new Runspaces({
      client: new ExchangeClient(this.#options.exchangeUrl),
      connection,
      parallel,
      longestThrottleMs: this.#options.longestThrottleMs,
      onOutput: (pipeline) => this.#onOutput(pipeline),
      onChildFault: (fault) => {
        this.childFault = fault
        this.#wake()
      },
    })
    const first = await runspaces.open()
    if (!(first instanceof Runspace)) return { lines: [], end: { error: first } }
    this.#runspaces = runspaces
    return { lines: [], end: { relay: await learn(first) } }
  }

  async step({ start = [], hold = [], cancel = [], waitMs = 0, maxRows = 1_000 }: StepRequest): Promise<Reply> {
    const runspaces = this.#runspaces
    if (!runspaces) return { lines: [], end: { error: notOpen } }
    this.#held = new Set(hold)
    for (const request of start) {
      const pipeline = new Pipeline(request)
      this.#live.set(request.key, pipeline)
      runspaces.start(pipeline)
    }
    for (const key of cancel) {
      const pipeline = this.#live.get(key)
      if (pipeline) runspaces.cancel(pipeline)
    }
    await this.#output(waitMs, maxRows)
    const lines = this.#collect(maxRows)
    const { queued } = runspaces
    return { lines, end: { running: this.#live.size - queued, queued, ...runspaces.sessions } }
  }

  async close(): Promise<Reply> {
    const runspaces = this.#runspaces
    this.#runspaces = undefined
    for (const pipeline of this.#live.values()) runspaces?.cancel(pipeline)
    this.#live.clear()
    this.#ready.clear()
    await runspaces?.close()
    return { lines: [], end: {} }
  }

  #onOutput(pipeline: Pipeline): void {
    if (this.#live.get(pipeline.request.key) !== pipeline) return
    this.#ready.add(pipeline)
    this.#wake()
  }

  // Resolves with the first line that may be printed, or after waitMs.
  async #output(waitMs: number, maxRows: number): Promise<void> {
    const deadline = performance.now() + waitMs
    const timer = new AbortController()
    const isOver = setTimeout(waitMs, true, { signal: timer.signal }).catch(() => true)
    while (!this.#hasOutput() && this.childFault === undefined && performance.now() < deadline) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve))
      if (await Promise.race([woken, isOver])) break
    }
    this.#wake = () => {}
    timer.abort()
    if (!this.#isMoreToCome(maxRows)) return
    const gathered = new AbortController()
    this.#wake = () => {
      if (!this.#isMoreToCome(maxRows)) gathered.abort()
    }
    await setTimeout(gatherMs, undefined, { signal: gathered.signal }).catch(() => {})
    this.#wake = () => {}
  }

  #hasOutput(): boolean {
    for (const pipeline of this.#ready) if (pipeline.isReady(this.#held.has(pipeline.request.key))) return true
    return false
  }

  #isMoreToCome(maxRows: number): boolean {
    if (this.#ready.size === this.#live.size) return false
    let rows = 0
    for (const pipeline of this.#ready) rows += pipeline.rowCount
    return rows < maxRows
  }

  #collect(maxRows: number): string[] {
    const lines: string[] = []
    let left = maxRows
    const ready = [...this.#ready]
    for (const pipeline of ready) {
      const { key } = pipeline.request
      if (!pipeline.isReady(this.#held.has(key))) continue
      const rows = pipeline.takeRows(left)
      left -= rows.length
      lines.push(...rows)
      const { outcomeLine } = pipeline
      if (outcomeLine !== undefined) {
        lines.push(outcomeLine)
        this.#live.delete(key)
      }
      // To the end of the line, so that a long listing does not keep others waiting.
      this.#ready.delete(pipeline)
      if (pipeline.rowCount > 0) this.#ready.add(pipeline)
    }
    return lines
  }
}

const notOpen: Failure = { category: 'other', message: 'Open-Easgate has not been called' }

async function learn(runspace: Runspace) {
  const mobile = await runspace.ask('Get-Command', { Name: ['Get-MobileDevice'] }, ['Name'])
  const settings = await runspace.ask('Get-ActiveSyncOrganizationSettings', {}, ['DistinguishedName'])
  const dn = settings?.['DistinguishedName']
  const named = typeof dn === 'string' ? /,CN=([^,]+),CN=Microsoft Exchange,/.exec(dn) : null
  const organization = named?.[1] ?? null
  return { organization, server: runspace.server ?? null, dialect: mobile ? 'MobileDevice' : 'ActiveSyncDevice' }
}
