/** A running system in bad weather: messages duplicated, delayed and out of order, processes that die, and the truth that the promises are held to. */
import { expect } from 'vitest'
import { AppError } from '../../../functions/errors.ts'
import type { StepMessage } from '../../../functions/ports.ts'
import type { StepName } from '../../../functions/core/run.ts'
import type { Policy } from '../../../functions/core/types.ts'
import { failRun } from '../../../functions/sync/failRun.ts'
import { runStep } from '../../../functions/sync/runStep.ts'
import { startRun } from '../../../functions/sync/startRun.ts'
import { connectorId, fakeSystem, type FakeSystem } from '../fakeSystem.ts'
import { Killed, mortalPorts } from '../mortalPorts.ts'
import { policyOf } from '../policyOf.ts'
import type { World } from '../worlds.ts'
import { checkCommands } from './checkCommands.ts'
import { entryKey, type TruePin, type Truth } from './reference.ts'

interface Pending {
  readonly message: StepMessage
  readonly id: string
  readonly count: number
}

/** What a run was begun and decided by: where both are the same, its commands must be what the rules say of that very moment. */
export interface RunView {
  readonly began: Moment
  readonly truth: Truth
  decided: Moment | null
}

/** Changes of the world, and commands that ran, until now. */
interface Moment {
  readonly version: number
  readonly journal: number
}

export interface Storm {
  readonly system: FakeSystem
  policy: Policy
  /** Counts changes of world and policy. */
  version: number
  readonly pins: Map<string, TruePin>
  /** Entries and rules that easgate made, by what Exchange executed. */
  readonly own: Set<string>
  readonly ownRules: Set<string>
  /** Keys (mailbox|id) of which nobody can say any more who made their entries: easgate did once, and a hand after it. */
  readonly unclear: Set<string>
  readonly firstDefault: Truth['firstDefault']
  readonly views: Map<string, RunView>
  readonly pending: Pending[]
  /** Calls until death, of the deliveries to come. */
  readonly lives: number[]
  /** Deliveries of this step die so, one after the other. */
  doom: { readonly step: StepName; readonly calls: number; times: number } | null
  /** Commands of the journal that were checked. */
  checked: number
  deliveries: number
  /** What happened, for the report of a failure. */
  readonly story: string[]
}

export async function startStorm(world: World, manualEntries: Policy['settings']['manualEntries']): Promise<Storm> {
  const base = policyOf(world.policy)
  const policy = { ...base, settings: { ...base.settings, manualEntries } }
  const system = await fakeSystem(world.exchange, world.graph, policy)
  return {
    system,
    policy,
    version: 0,
    pins: new Map(),
    own: new Set(),
    ownRules: new Set(),
    unclear: new Set(),
    firstDefault: system.exchange.state.configuration().defaultLevel,
    views: new Map(),
    pending: [],
    lives: [],
    doom: null,
    checked: 0,
    deliveries: 0,
    story: [],
  }
}

export function truthOf({ system, pins, own, ownRules, firstDefault }: Storm): Truth {
  const { defaultLevel, rules } = system.exchange.state.configuration()
  return {
    mailboxes: system.exchange.state.mailboxes(),
    records: system.exchange.state.records(),
    defaultLevel,
    rules,
    firstDefault,
    ownRules: new Set(ownRules),
    graph: system.directory.world,
    pins: new Map(pins),
    own: new Set(own),
  }
}

export async function editPolicy(storm: Storm, edit: (policy: Policy) => Policy): Promise<void> {
  storm.policy = edit(storm.policy)
  storm.version += 1
  await storm.system.setPolicy(storm.policy)
}

/** As a timer or a person would; the process may die on the way. */
export async function start(storm: Storm, kind: 'full' | 'quick', dryRun = false): Promise<void> {
  const life = { left: storm.lives.shift() ?? Infinity }
  try {
    await startRun(mortalPorts(storm.system.ports, life), { connectorId, kind, askedBy: 'storm', dryRun })
  } catch (thrown) {
    if (!isExpected(thrown)) throw thrown
  }
}

/** One delivery of the message at this place among all that wait, or of two at the same time. */
export async function deliver(storm: Storm, places: readonly number[], again = false): Promise<boolean> {
  collect(storm)
  const taken = places.flatMap((place) => {
    const [one] = storm.pending.splice(place % Math.max(storm.pending.length, 1), 1)
    return one ? [one] : []
  })
  if (taken.length === 0) return false
  storm.system.clock.advance(20)
  await Promise.all(taken.map((one) => deliverOne(storm, one)))
  // The platform may deliver a message again although it was done
  if (again) for (const one of taken) storm.pending.push({ ...one, count: one.count + 1 })
  await checkCommands(storm)
  return true
}

async function deliverOne(storm: Storm, { message, id, count }: Pending): Promise<void> {
  const { ports } = storm.system
  const before = (await ports.store.run(connectorId, message.runId))?.value
  if (!storm.views.has(message.runId))
    storm.views.set(message.runId, { began: momentOf(storm), truth: truthOf(storm), decided: null })
  const life = { left: lifeOf(storm, before?.step) }
  storm.story.push(`${message.runId.slice(-8)} ${before?.kind} ${before?.step} by ${id}.${count}${note(life.left)}`)
  try {
    await runStep(mortalPorts(ports, life), message, { id, dequeueCount: count })
  } catch (thrown) {
    if (!isExpected(thrown)) throw thrown
    storm.story.push(`  ended: ${thrown instanceof Error ? thrown.message : ''}`)
    if (count < 5) storm.pending.push({ message, id, count: count + 1 })
    else await failRun(ports, message, { code: 'gaveUp', message: 'poison' })
  }
  const view = storm.views.get(message.runId)
  if (before?.step === 'decide' && view) view.decided = momentOf(storm)
}

function lifeOf({ lives, doom }: Storm, step: StepName | undefined): number {
  if (!doom || doom.step !== step || doom.times === 0) return lives.shift() ?? Infinity
  doom.times -= 1
  return doom.calls
}

const note = (left: number) => (left === Infinity ? '' : `, dies after ${left} calls`)

export function momentOf({ version, system }: Storm): Moment {
  return { version, journal: system.exchange.journal.length }
}

/** Works everything off in order. */
export async function calm(storm: Storm): Promise<void> {
  for (let messages = 0; await deliver(storm, [0]); messages++) {
    expect(messages, `a run that never ends\n${storm.story.slice(-20).join('\n')}`).toBeLessThan(2_000)
    storm.system.clock.advance(500)
  }
}

function collect({ system, pending }: Storm): void {
  for (let taken = system.queue.take(); taken; taken = system.queue.take())
    pending.push({ message: taken.message, id: `message${++messages}`, count: 1 })
}

/** Ids of queue messages only need to differ. */
let messages = 0

/** A death, or what the queue answers by delivering again. */
function isExpected(thrown: unknown): boolean {
  return thrown instanceof Killed || thrown instanceof AppError
}

/** A hand's change of lists: whose the entries are afterwards. */
export function handChanged(storm: Storm, before: Truth): void {
  for (const { guid, ...now } of storm.system.exchange.state.mailboxes()) {
    const was = before.mailboxes.find((one) => one.guid === guid)
    for (const list of ['allowed', 'blocked'] as const) {
      const keys = (ids: readonly string[] = []) => new Set(ids.map((id) => id.toLowerCase()))
      const [had, has] = [keys(was?.[list]), keys(now[list])]
      const changed = [...had, ...has].filter((id) => had.has(id) !== has.has(id))
      for (const id of changed) {
        storm.own.delete(entryKey(guid, list, id))
        const isKnownToEasgate = storm.system.exchange.journal.some(
          ({ command }) =>
            command.kind === 'lists' &&
            command.mailboxGuid === guid &&
            [command.addAllowed, command.addBlocked, command.removeAllowed, command.removeBlocked].some((ids) =>
              keys(ids).has(id),
            ),
        )
        if (isKnownToEasgate) storm.unclear.add(`${guid}|${id}`)
      }
    }
  }
}
