/** How each thing that the app depends on is: asked cheaply, and not more often than every few seconds whoever asks. */
import { newConnector, type ConnectorState } from '../core/run.ts'
import { defaultPolicy, withDefaults } from '../core/settings.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'

export interface HealthPart {
  readonly name: 'tables' | 'queue' | 'graph' | 'relay'
  /** Of a relay. */
  readonly connectorId?: string
  readonly state: 'ok' | 'degraded' | 'failed'
  /** How old this is: since it was asked; of a relay, since one answered. null: never. */
  readonly ageSeconds: number | null
  /** What is wrong and what to do; never a secret. */
  readonly message: string | null
}

/** As configured: one list for each process. */
type Connectors = readonly { readonly id: string }[]

/*
 * part   | asked                                                  | failed means           | so the app
 * tables | the rows of each connector                             | nothing can be stored  | cannot work
 * queue  | how many messages wait                                 | no step is carried out | cannot work
 * graph  | a token, a user, an Intune device                      | no sync gathers        | answers people, holds what is
 * relay  | what the last syncs wrote: who answered, when          | (degraded) no sync     | answers people, holds what is
 */
const askedEveryMs = { tables: 5_000, queue: 5_000, graph: 60_000 }
/** Longer than any of them takes when it is well; their own retries may go on. */
const patienceMs = 5_000
/** As the alerts no-quick-sync and no-full-sync have it. */
const late = { quickMinutes: 30, fullMinutes: 26 * 60 } as const

interface Known {
  readonly state: ConnectorState
  /** How often its own schedule wants a quick sync; null: never. */
  readonly quickMinutes: number | null
}

export async function healthParts(ports: Ports, connectors: Connectors): Promise<readonly HealthPart[]> {
  const ask = askingOf(connectors, ports.clock.now().getTime())
  const rowOf = async ({ id }: { readonly id: string }): Promise<Known> => {
    const [found, policy] = await Promise.all([
      ports.store.document(id, 'connector'),
      ports.store.document(id, 'policy'),
    ])
    const { quickMinutes } = withDefaults(policy?.value ?? defaultPolicy).settings.schedule
    return { state: { ...newConnector(id), ...found?.value }, quickMinutes }
  }
  const [tables, queue, graph] = await Promise.all([
    ask('tables', () => Promise.all(connectors.map(rowOf))),
    ask('queue', () => ports.queue.messages()),
    ask('graph', () => ports.directory.check()),
  ])
  const relays = (tables.value ?? []).map((known) => relayPart(known, ports.clock.now()))
  return [tables.part, queue.part, graph.part, ...relays]
}

/** failed: the app cannot work. degraded: it answers people, but a sync would not be whole. */
export function worstOf(parts: readonly HealthPart[]): 'ok' | 'degraded' | 'failed' {
  if (parts.some(({ name, state }) => state === 'failed' && name !== 'graph')) return 'failed'
  return parts.every(({ state }) => state === 'ok') ? 'ok' : 'degraded'
}

interface Asked {
  readonly atMs: number
  readonly answer: Promise<{ readonly value: unknown; readonly message: string | null }>
}

const asked = new WeakMap<Connectors, Map<string, Asked>>()

/** Whoever asks while an answer is fresh, or under way, gets that one. */
function askingOf(connectors: Connectors, nowMs: number) {
  const known = asked.get(connectors) ?? new Map<string, Asked>()
  asked.set(connectors, known)
  return async <T>(
    name: keyof typeof askedEveryMs,
    how: () => Promise<T>,
  ): Promise<{ value: T | null; part: HealthPart }> => {
    const before = known.get(name)
    const isFresh = before !== undefined && nowMs - before.atMs < askedEveryMs[name]
    const latest = isFresh ? before : { atMs: nowMs, answer: answerOf(how) }
    known.set(name, latest)
    const { value, message } = await latest.answer
    const state = message === null ? 'ok' : 'failed'
    const ageSeconds = Math.max(0, Math.round((nowMs - latest.atMs) / 1000))
    return { value: message === null ? (value as T) : null, part: { name, state, ageSeconds, message } }
  }
}

async function answerOf(how: () => Promise<unknown>): Promise<{ value: unknown; message: string | null }> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new AppError('internal', `no answer within ${patienceMs / 1000} s`)), patienceMs)
  })
  try {
    return { value: await Promise.race([how(), late]), message: null }
  } catch (thrown) {
    // What was not foreseen may name anything
    const message = thrown instanceof AppError ? thrown.message : 'it failed in a way that was not foreseen'
    return { value: null, message }
  } finally {
    clearTimeout(timer)
  }
}

function relayPart(known: Known, now: Date): HealthPart {
  const { id: connectorId, relay } = known.state
  const ageSeconds = relay && Math.max(0, Math.round((now.getTime() - Date.parse(relay.seenAt)) / 1000))
  const message = relayProblem(known, now)
  return { name: 'relay', connectorId, state: message === null ? 'ok' : 'degraded', ageSeconds, message }
}

function relayProblem({ state, quickMinutes }: Known, now: Date): string | null {
  const { retired, problem, relay, noRelaySince, lastFullSync, lastQuickSync } = state
  // Nothing is expected of it any more
  if (retired) return null
  if (problem) return problem.message
  if (!relay) return 'no relay has answered yet; start one and approve it'
  if (noRelaySince !== null)
    return `no relay is connected since ${noRelaySince}; look at easgate-relay status on premises`
  const last = [lastFullSync, lastQuickSync]
    .flatMap((time) => time ?? [])
    .toSorted()
    .at(-1)
  // One that is to run more rarely is late after twice its time
  const minutes = quickMinutes === null ? late.fullMinutes : Math.max(late.quickMinutes, 2 * quickMinutes)
  if (last !== undefined && now.getTime() - Date.parse(last) < minutes * 60_000) return null
  return `no sync was done ${last === undefined ? 'yet' : `since ${last}`}; look at the runs of the connector`
}
