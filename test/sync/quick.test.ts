import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Policy } from '../../functions/core/types.ts'
import { applyChange, worldChanges } from './changes.ts'
import { decisionTexts } from './decisionTexts.ts'
import { fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { patchDevice } from './patchDevice.ts'
import { policyOf } from './policyOf.ts'
import { staff, staffPolicy } from './staff.ts'
import { worlds } from './worlds.ts'

const runs = Number(process.env['EASGATE_WORLDS'] ?? 200)

const lists = (system: FakeSystem) =>
  system.exchange.state.mailboxes().map(({ guid, allowed, blocked }) => [guid, allowed.toSorted(), blocked.toSorted()])

describe('a quick sync', () => {
  test('ends where a full sync would, whatever changed since the last one', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, fc.array(worldChanges, { minLength: 1, maxLength: 3 }), async (world, rounds) => {
        const system = await fakeSystem(world.exchange, world.graph, policyOf(world.policy))
        await system.sync('full', { approve: true })
        let serial = 0
        for (const changes of rounds) {
          system.clock.advance(60_000)
          for (const change of changes) await applyChange(system, change, serial++)
          system.clock.advance(1_000)
          const quick = await system.sync('quick', { approve: true })
          expect([quick.state, quick.failure]).toEqual(['done', null])
        }
        // An entry that became easgate's own by the last sync is seen as such by the next: two records may share one id
        system.clock.advance(60_000)
        await system.sync('quick', { approve: true })
        const before = [await decisionTexts(system), lists(system)]
        const sent = system.exchange.journal.length
        await system.sync('full', { approve: true })
        expect([await decisionTexts(system), lists(system)]).toEqual(before)
        expect(system.exchange.journal.length).toBe(sent)
      }),
      { numRuns: runs },
    )
  })

  test('reads no partition and sends nothing when nothing changed', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const system = await fakeSystem(world.exchange, world.graph, policyOf(world.policy))
        await system.sync('full', { approve: true })
        system.clock.advance(60_000)
        await system.sync('quick', { approve: true })
        system.clock.advance(60_000)
        const [requests, conversations] = [system.directory.requests(), system.exchange.conversations]
        const quick = await system.sync('quick')
        expect(system.directory.requests() - requests).toBeLessThanOrEqual(8)
        expect(system.exchange.conversations - conversations).toBe(1)
        const waits = Object.values(await system.decisions()).some(({ reason }) => reason === 'notEvaluated')
        if (!waits) expect([quick.mode, quick.touched]).toEqual(['changes', []])
      }),
      { numRuns: Math.ceil(runs / 4) },
    )
  })
})

/** A company of compliant phones that easgate let in; what it sent itself is read, and a minute has passed since. */
async function settled(people: number, policy: Policy = staffPolicy(), entraIds = false): Promise<FakeSystem> {
  const { exchange, graph } = staff(people, people)
  const managedDevices = (graph.managedDevices ?? []).map((one) =>
    entraIds ? { ...one, azureADDeviceId: `entra-${one.id}` } : one,
  )
  const system = await fakeSystem(exchange, { ...graph, managedDevices }, policy)
  await system.sync('full', { approve: true })
  system.clock.advance(60_000)
  expect((await system.sync('quick')).state).toBe('done')
  system.clock.advance(60_000)
  return system
}

describe('a device that moves to another user', () => {
  test.each([
    ['with an Entra device', true],
    ['without one', false],
  ])('%s: the mailbox of the user who had it is decided again, too', async (_what, entraIds) => {
    const system = await settled(3, staffPolicy(), entraIds)
    patchDevice(system, 'd1', { userId: 'u2' })
    const run = await system.sync('quick')
    expect([run.mode, run.counts['found.touchedMailboxes']]).toEqual(['changes', 2])
    expect(await decisionTexts(system)).toEqual({
      r1: 'block notEnrolled',
      r2: 'allow compliant',
      r3: 'allow compliant',
    })
    expect(system.exchange.lists('m1')).toMatchObject({ allowed: [], blocked: ['Dev1'] })
  })
})

describe('a policy that changed since the last sync', () => {
  test('in its groups: everything is read, for nobody’s membership is known', async () => {
    const system = await settled(3, { ...staffPolicy(), includedGroups: ['sales'] })
    expect(await decisionTexts(system)).toMatchObject({ r2: 'leave outOfScope' })
    await system.setPolicy(staffPolicy())
    const run = await system.sync('quick')
    expect([run.state, run.mode]).toEqual(['done', 'everything'])
    expect(await decisionTexts(system)).toMatchObject({ r2: 'allow compliant' })
  })

  test('elsewhere: everything stored is decided again, and no mailbox is read', async () => {
    const system = await settled(3)
    const extraRules = [{ name: 'old', level: 'block' as const, when: { deviceModel: 'iPhone14' } }]
    await system.setPolicy(staffPolicy({ extraRules }))
    const run = await system.sync('quick')
    expect([run.state, run.mode, run.counts['found.touchedMailboxes']]).toEqual(['done', 'stored', 0])
    expect(await decisionTexts(system)).toEqual({
      r1: 'allow compliant',
      r2: 'block extraRule',
      r3: 'allow compliant',
    })
  })
})

describe('what quick syncs take away adds up', () => {
  test('until it is more than one run may take: a full sync begins the count anew', async () => {
    // The share is a tenth: three of thirty
    const system = await settled(30)
    const lose = async (ids: readonly string[], kind: 'quick' | 'full' = 'quick') => {
      for (const id of ids) patchDevice(system, id, { complianceState: 'noncompliant' })
      system.clock.advance(60_000)
      const { state, refusal } = await system.sync(kind)
      return [state, refusal?.limit, refusal?.number]
    }
    expect(await lose(['d1', 'd2'])).toEqual(['done', undefined, undefined])
    expect(await lose(['d3', 'd4'])).toEqual(['held', 'losingShare', 4])
    expect(await lose([], 'full')).toEqual(['done', undefined, undefined])
    expect(await lose(['d5', 'd6'])).toEqual(['done', undefined, undefined])
  })
})
