/** What may happen to a running system, as random events: people, administrators, timers, the platform, relays, Graph. */
import fc from 'fast-check'
import type { RunKind, StepName } from '../../../functions/core/run.ts'
import type { Policy, Settings } from '../../../functions/core/types.ts'
import { AppError } from '../../../functions/errors.ts'
import { approveRun, rejectRun } from '../../../functions/sync/decideHeldRun.ts'
import type { Directory } from '../../../functions/portsDirectory.ts'
import { applyChange, worldChange, type WorldChange } from '../changes.ts'
import { connectorId } from '../fakeSystem.ts'
import { policyEdits, settingsEdits } from './edits.ts'
import { calm, deliver, editPolicy, handChanged, start, truthOf, type Storm } from './storm.ts'

const graphMethods = [
  'users',
  'memberIds',
  'intuneDevices',
  'bookmark',
  'changes',
  'usersByAddress',
  'memberships',
  'devicesOfUsers',
  'devicesByEntraId',
  'devicesById',
  'devicesSyncedSince',
] as const satisfies readonly Exclude<keyof Directory, 'requests'>[]

/** A relay lost in a batch, in a listing or at a call; no relay; another one than before; a listing cut short; no notification account; lost in a batch, and approved no more. */
const troubles = [
  'batch',
  'listing',
  'lists',
  'change',
  'configuration',
  'recordsOf',
  'mail',
  'none',
  'other',
  'cut',
  'noMail',
  'disowned',
] as const

export type Happening =
  | { readonly happens: 'world'; readonly changes: readonly WorldChange[] }
  | { readonly happens: 'policy'; readonly edit: Partial<Policy> }
  | { readonly happens: 'settings'; readonly edit: Partial<Settings> }
  | { readonly happens: 'sync'; readonly kind: RunKind }
  | {
      readonly happens: 'meanwhile'
      readonly kind: RunKind
      readonly first: WorldChange
      readonly messages: number
      readonly changes: readonly WorldChange[]
      readonly other: RunKind
    }
  | { readonly happens: 'start'; readonly kind: RunKind; readonly dryRun: boolean }
  | {
      readonly happens: 'deliver'
      readonly places: readonly number[]
      readonly isDouble: boolean
      readonly again: boolean
    }
  | { readonly happens: 'calm' }
  | { readonly happens: 'deaths'; readonly lives: readonly number[] }
  | { readonly happens: 'doom'; readonly step: StepName; readonly calls: number; readonly times: number }
  | {
      readonly happens: 'relay'
      readonly how: (typeof troubles)[number]
      readonly count: number
      readonly silent: number
    }
  | { readonly happens: 'graph'; readonly method: (typeof graphMethods)[number]; readonly isThrottled: boolean }
  | { readonly happens: 'time'; readonly minutes: number }
  | { readonly happens: 'held'; readonly isApproved: boolean }

const often = <T extends Happening['happens'], R extends object>(
  weight: number,
  happens: T,
  rest: { [K in keyof R]: fc.Arbitrary<R[K]> },
) => ({
  weight,
  arbitrary: fc.record({ happens: fc.constant(happens), ...rest }) as unknown as fc.Arbitrary<Happening>,
})

/** The numbers say how often. */
const happening = fc.oneof(
  often(6, 'world', { changes: fc.array(worldChange, { minLength: 1, maxLength: 4 }) }),
  often(2, 'policy', { edit: policyEdits }),
  often(2, 'settings', { edit: settingsEdits }),
  often(12, 'sync', { kind: fc.constantFrom('quick', 'quick', 'full') }),
  often(8, 'meanwhile', {
    kind: fc.constantFrom('quick', 'full'),
    first: worldChange,
    messages: fc.nat(13),
    changes: fc.array(worldChange, { maxLength: 3 }),
    other: fc.constantFrom('quick', 'full'),
  }),
  often(4, 'start', {
    kind: fc.constantFrom('quick', 'quick', 'full'),
    dryRun: fc.constantFrom(false, false, false, true),
  }),
  often(6, 'deliver', {
    places: fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }),
    isDouble: fc.boolean(),
    again: fc.boolean(),
  }),
  often(2, 'calm', {}),
  often(4, 'deaths', { lives: fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 7 }) }),
  often(3, 'doom', {
    step: fc.constantFrom('gatherChanges', 'decide', 'notify', 'apply', 'apply', 'finish'),
    calls: fc.integer({ min: 1, max: 50 }),
    times: fc.constantFrom(1, 2, 5, 5),
  }),
  often(3, 'relay', { how: fc.constantFrom(...troubles), count: fc.nat(4), silent: fc.nat(3) }),
  often(2, 'graph', { method: fc.constantFrom(...graphMethods), isThrottled: fc.boolean() }),
  often(3, 'time', { minutes: fc.constantFrom(1, 2, 20, 180, 1440) }),
  often(2, 'held', { isApproved: fc.boolean() }),
)
export const happenings = fc.array(happening, { minLength: 8, maxLength: 24, size: 'max' })

export async function befall(storm: Storm, one: Happening): Promise<void> {
  const { directory, clock } = storm.system
  storm.story.push(`${clock.now().toISOString()} ${JSON.stringify(one)}`)
  switch (one.happens) {
    case 'world':
      for (const change of one.changes) await changeWorld(storm, change)
      return
    case 'policy':
      return editPolicy(storm, (policy) => ({ ...policy, ...one.edit }))
    case 'settings':
      return editPolicy(storm, (policy) => ({ ...policy, settings: { ...policy.settings, ...one.edit } }))
    case 'sync':
      await start(storm, one.kind)
      return calm(storm)
    case 'meanwhile':
      await changeWorld(storm, one.first)
      await start(storm, one.kind)
      // A quick sync has fewer messages: so either is often cut where it applies
      for (let sent = 0; sent < one.messages % (one.kind === 'quick' ? 6 : 14); sent++) await deliver(storm, [0])
      for (const change of one.changes) await changeWorld(storm, { ...change, at: one.first.at })
      await start(storm, one.other)
      // Both runs at the same time, as two processes
      for (let sent = 0; sent < one.messages; sent++) await deliver(storm, [0, 1])
      return calm(storm)
    case 'start':
      return start(storm, one.kind, one.dryRun)
    case 'deliver':
      for (const place of one.places) await deliver(storm, one.isDouble ? [place, place + 1] : [place], one.again)
      return
    case 'calm':
      return calm(storm)
    case 'deaths':
      storm.lives.push(...one.lives)
      return
    case 'doom':
      storm.doom = { step: one.step, calls: one.calls, times: one.times }
      return
    case 'relay':
      return trouble(storm, one)
    case 'graph': {
      const how = { retryable: one.isThrottled }
      return directory.failNext(one.method, new AppError('graphFailed', `${one.method} failed`, how))
    }
    case 'time':
      return clock.advance(one.minutes * 60_000)
    case 'held':
      return answerHeld(storm, one.isApproved)
  }
}

let serial = 0

async function changeWorld(storm: Storm, change: WorldChange): Promise<void> {
  const before = truthOf(storm)
  const { mailboxes } = before
  storm.version += 1
  const record = pinned(storm, change)
  await applyChange(storm.system, change, serial++)
  if (record && mailboxes.some(({ dn }) => dn.toLowerCase() === record.mailboxDn.toLowerCase())) {
    const until = change.flag ? null : new Date(storm.system.clock.now().getTime() + 90_000).toISOString()
    if (change.kind === 'pin') storm.pins.set(record.guid, { access: change.flag ? 'allow' : 'block', until })
    else storm.pins.delete(record.guid)
  }
  handChanged(storm, before)
}

/** The record that a change pins or unpins, as applyChange picks it. */
function pinned({ system }: Storm, { kind, at }: WorldChange) {
  if (kind !== 'pin' && kind !== 'unpin') return undefined
  const records = system.exchange.state.records()
  return records[at % Math.max(records.length, 1)]
}

function trouble({ system }: Storm, { how, count, silent }: Extract<Happening, { happens: 'relay' }>): void {
  const { faults } = system.exchange
  // What lasts ends with the next trouble
  Object.assign(faults, {
    noRelay: false,
    otherRelay: false,
    noMailAccount: false,
    cut: undefined,
    notApproved: false,
    before: undefined,
  })
  if (how === 'batch' || how === 'disowned') faults.loseAfterOutcomes = { count, silent }
  if (how === 'batch') return
  if (how === 'disowned')
    faults.before = (call) => {
      if (call === 'change') faults.notApproved = true
    }
  else if (how === 'listing') faults.loseAfterPages = count % 2
  else if (how === 'none') faults.noRelay = true
  else if (how === 'other') faults.otherRelay = true
  else if (how === 'cut') faults.cut = count % 2 === 0 ? 'mailboxes' : 'records'
  else if (how === 'noMail') faults.noMailAccount = true
  else faults.loseAt = how
}

/** An administrator's word on the plan that is held; somebody else may have been faster. */
async function answerHeld({ system }: Storm, isApproved: boolean): Promise<void> {
  const held = (await system.store.document(connectorId, 'connector'))?.value.heldRun
  if (!held) return
  const answer = isApproved ? approveRun : rejectRun
  await answer(system.ports, connectorId, held, 'storm').catch((thrown: unknown) => {
    if (!(thrown instanceof AppError)) throw thrown
  })
}
