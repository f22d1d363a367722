/** Runs invocations and knows which of them still run, so that the host can stop without cutting one. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { HostError } from './hostError.ts'
import { invoke, runHooks, type AppHookData, type Call, type HookableApp } from './invoke.ts'
import type { LocalFunction } from './localFunction.ts'
import { errorText, type WriteLog } from './log.ts'
import type { InvocationResponse, RpcData } from './rpc.ts'

export type Outcome = { ok: true; response: InvocationResponse } | { ok: false; error: unknown }
export type SendOutputs = (fn: LocalFunction, response: InvocationResponse) => Promise<void>

type Options = { app: HookableApp; functionTimeoutMs: number; sendOutputs: SendOutputs; log: WriteLog }

export class Invocations {
  readonly #options: Options
  readonly #appHookData: AppHookData = {}
  readonly #running = new Set<Promise<unknown>>()
  readonly #listeners: (() => void)[] = []

  constructor(options: Options) {
    this.#options = options
  }

  get running(): number {
    return this.#running.size
  }

  /** Calls `listener` whenever an invocation has ended, its outputs sent. */
  onEnd(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Runs one invocation to its end, outputs sent. Never rejects: a failure is logged and answered as an outcome. */
  async run(fn: LocalFunction, data: RpcData, triggerMetadata: Record<string, RpcData> = {}): Promise<Outcome> {
    const invocationId = randomUUID()
    const source = { functionName: fn.name, invocationId }
    const started = performance.now()
    const running = this.#outcome(fn, { invocationId, data, triggerMetadata })
    this.#running.add(running)
    const outcome = await running
    this.#running.delete(running)
    const took = `after ${Math.round(performance.now() - started)} ms`
    if (outcome.ok) this.#options.log('debug', `succeeded ${took}`, source)
    else this.#options.log('error', `failed ${took}: ${errorText(outcome.error)}`, source)
    for (const listener of this.#listeners) listener()
    return outcome
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** Runs the app's own start or end hooks. */
  async runAppHooks(name: 'appStart' | 'appTerminate'): Promise<void> {
    await runHooks(this.#options.app, name, { hookData: this.#appHookData, appHookData: this.#appHookData })
  }

  async #outcome(fn: LocalFunction, call: Call): Promise<Outcome> {
    const { app, functionTimeoutMs, sendOutputs, log } = this.#options
    try {
      const response = await withinTime(invoke(app, fn, call, this.#appHookData, log), functionTimeoutMs)
      await sendOutputs(fn, response)
      return { ok: true, response }
    } catch (error) {
      return { ok: false, error }
    }
  }
}

/** Azure ends the whole worker process at functionTimeout; this host only fails the invocation, and the code runs on. */
async function withinTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const abort = new AbortController()
  const limit = delay(limitMs, undefined, { signal: abort.signal }).then(
    () => {
      throw new HostError(
        `it ran longer than functionTimeout in host.json (${limitMs} ms); Azure would restart the process`,
      )
    },
    () => new Promise<never>(() => undefined),
  )
  try {
    return await Promise.race([work, limit])
  } finally {
    abort.abort()
  }
}
