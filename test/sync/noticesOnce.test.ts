/** Whatever dies, and however mails end: at most one mail for each record and reason, and the block follows. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FakeMailEnd } from '../fakes/exchangeFakeMail.ts'
import { applyChange, worldChanges } from './changes.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { policyOf } from './policyOf.ts'
import { syncWithDeaths } from './syncWithDeaths.ts'
import { worlds, type World } from './worlds.ts'

const runs = Math.ceil(Number(process.env['EASGATE_WORLDS'] ?? 200) / 2)

const ends: fc.Arbitrary<FakeMailEnd> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ state: 'refused' as const, message: 'no' }) },
  { weight: 2, arbitrary: fc.constant({ state: 'delayed' as const, message: 'busy' }) },
  { weight: 1, arbitrary: fc.record({ breaks: fc.constant(true), delivers: fc.boolean() }) },
)
const rounds = fc.array(
  fc.record({
    changes: worldChanges,
    minutes: fc.constantFrom(1, 6, 40, 700),
    lives: fc.array(fc.integer({ min: 1, max: 160 }), { maxLength: 3 }),
    kind: fc.constantFrom('full' as const, 'quick' as const),
  }),
  { minLength: 1, maxLength: 3 },
)

/** Each mail says which record it is about, and why. */
async function systemOf(world: World, waitMinutes: number): Promise<FakeSystem> {
  const policy = policyOf(world.policy)
  const notification = { ...policy.settings.notification, waitMinutes }
  return fakeSystem(world.exchange, world.graph, {
    ...policy,
    notificationHtml: '{{deviceId}} {{reason}}',
    settings: { ...policy.settings, notification },
  })
}

test('at most one mail for each record and reason, and every hold is carried out', { timeout: 240_000 }, async () => {
  let mailsSeen = 0
  let deathsSeen = 0
  await fc.assert(
    fc.asyncProperty(
      worlds,
      rounds,
      fc.array(ends, { maxLength: 12 }),
      fc.constantFrom(0, 30, 30),
      fc.boolean(),
      async (world, plan, mailEnds, waitMinutes, hasAccount) => {
        const system = await systemOf(world, waitMinutes)
        system.exchange.faults.noMailAccount = !hasAccount
        system.exchange.mails.ends.push(...mailEnds)
        const known = new Map<string, Set<string>>()
        note(known, system)
        let serial = 0
        for (const { changes, minutes, lives, kind } of plan) {
          for (const change of changes) {
            applyChange(system, change, serial++)
            note(known, system)
          }
          deathsSeen += (await syncWithDeaths(system, kind, [...lives])).deaths
          system.clock.advance(minutes * 60_000)
        }
        // Nothing waits for ever: two calm syncs, the wait between them, and everything is as decided, account or not
        system.exchange.mails.ends.length = 0
        await system.sync('full', { approve: true })
        system.clock.advance(31 * 60_000)
        await system.sync('full', { approve: true })
        await expectOnce(system, known)
        await expectHeld(system)
        mailsSeen += system.exchange.mails.delivered.length
      },
    ),
    { numRuns: runs },
  )
  // The worlds are such that something happens in them
  expect(mailsSeen).toBeGreaterThan(runs / 30)
  expect(deathsSeen).toBeGreaterThan(runs / 30)
})

async function expectOnce(system: FakeSystem, known: Known): Promise<void> {
  const audit = await system.store.audit(connectorId, 1, 100_000)
  const keyOf = ({ subject, after }: (typeof audit)[number]) => `${subject} ${(after as { reason: string }).reason}`
  const asked = new Map<string, number>()
  const notSent = new Map<string, number>()
  for (const row of audit) {
    if (row.action === 'mailAsked') asked.set(keyOf(row), (asked.get(keyOf(row)) ?? 0) + 1)
    if (row.action === 'mailEnded' && row.outcome === 'delayed')
      notSent.set(keyOf(row), (notSent.get(keyOf(row)) ?? 0) + 1)
  }
  // Asked again only after it was certainly not sent
  for (const [key, number] of asked)
    expect([key, number - (notSent.get(key) ?? 0)]).toEqual([key, expect.toSatisfy(isOneOrNone)])
  const delivered = new Map<string, number>()
  for (const { html, to } of system.exchange.mails.delivered) {
    const key = `${to} ${html}`
    delivered.set(key, (delivered.get(key) ?? 0) + 1)
  }
  for (const [key, number] of delivered)
    expect([key, number]).toEqual([key, expect.toSatisfy(atMostRecordsOf(known, key))])
}

const isOneOrNone = (number: number) => number === 0 || number === 1

/** Guids of the records that ever were, by their DeviceId: two of a mailbox may share one, and one may come after another. */
type Known = Map<string, Set<string>>

function note(known: Known, system: FakeSystem): void {
  for (const { deviceId, guid } of system.exchange.state.records())
    known.set(deviceId, (known.get(deviceId) ?? new Set()).add(guid))
}

function atMostRecordsOf(known: Known, key: string) {
  const alike = known.get(key.split(' ')[1] ?? '')?.size ?? 0
  return (number: number) => number <= alike
}

/** What is decided to be kept out is kept out. */
async function expectHeld(system: FakeSystem): Promise<void> {
  const decisions = await system.decisions()
  const letIn = system.exchange.state.records().filter(({ guid, state }) => {
    const access = decisions[guid]?.access
    return (access === 'block' || access === 'quarantine') && state === 'allowed'
  })
  expect(letIn).toEqual([])
}
