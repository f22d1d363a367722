import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deviceKey } from '../../functions/core/deviceKey.ts'
import type { Run } from '../../functions/core/run.ts'
import { decisionTexts } from './decisionTexts.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { policyOf } from './policyOf.ts'
import { worlds, type World } from './worlds.ts'

const runs = Number(process.env['EASGATE_WORLDS'] ?? 200)

async function systemOf(world: World): Promise<FakeSystem> {
  return fakeSystem(world.exchange, world.graph, policyOf(world.policy))
}

/** What the tests compare at the end: lists, default, rules and decisions. */
async function picture(system: FakeSystem) {
  const { defaultLevel, rules } = system.exchange.state.configuration()
  const lists = system.exchange.state
    .mailboxes()
    .map(({ guid, allowed, blocked }) => ({ guid, allowed: sorted(allowed), blocked: sorted(blocked) }))
  return {
    defaultLevel,
    rules: rules.map(({ queryString, level }) => `${queryString} ${level}`).toSorted(),
    lists: lists.toSorted((a, b) => (a.guid < b.guid ? -1 : 1)),
    decisions: await decisionTexts(system),
  }
}

const sorted = (list: readonly string[]) => [...list].toSorted()

/** Entries and rules that were there before easgate. */
function foreign(world: World) {
  return (world.exchange.mailboxes ?? []).map(({ Guid, ActiveSyncAllowedDeviceIDs, ActiveSyncBlockedDeviceIDs }) => ({
    guid: Guid,
    allowed: ActiveSyncAllowedDeviceIDs ?? [],
    blocked: ActiveSyncBlockedDeviceIDs ?? [],
  }))
}

async function expectPromises(system: FakeSystem, world: World): Promise<void> {
  const decisions = await system.decisions()
  const records = system.exchange.state.records()
  // 4: every EAS record has exactly one decision with a reason
  expect(Object.keys(decisions).toSorted()).toEqual(records.map(({ guid }) => guid).toSorted())
  for (const { guid, allowed, blocked } of foreign(world)) {
    const lists = system.exchange.lists(guid)
    // 3: what easgate did not make is there as before
    expect(lists.allowed).toEqual(expect.arrayContaining([...allowed]))
    expect(lists.blocked).toEqual(expect.arrayContaining([...blocked]))
    const mine = records.filter(
      ({ mailboxDn }) => mailboxDn.toLowerCase() === system.exchange.mailbox(guid).dn.toLowerCase(),
    )
    const accessOf = (id: string) =>
      mine
        .filter(({ deviceId }) => deviceKey(deviceId) === deviceKey(id))
        .map((record) => decisions[record.guid]?.access)
    // 1: what easgate allows, the policy allows
    for (const id of lists.allowed.filter((id) => !allowed.includes(id))) expect(accessOf(id)).toContain('allow')
    for (const id of lists.blocked.filter((id) => !blocked.includes(id))) {
      expect(accessOf(id).some((access) => access === 'block' || access === 'quarantine')).toBe(true)
    }
    // both lists stay disjoint
    expect(lists.allowed.filter((id) => lists.blocked.includes(id))).toEqual([])
  }
}

/** 2: before every command there is an audit row, and every change of the plan has its outcome. */
async function expectAudited(system: FakeSystem, run: Run): Promise<void> {
  const audit = await system.store.audit(connectorId, 1, 10_000)
  const sent = audit.filter(({ action }) => action === 'commandSent').map(({ after }) => (after as { id: string }).id)
  for (const { command } of system.exchange.journal) expect(sent).toContain(command.id)
  const ended = audit.flatMap(({ action, after }) =>
    action === 'commandEnded' || action === 'changeSettled' ? [(after as { id: string }).id] : [],
  )
  expect(sent.filter((id) => !ended.includes(id))).toEqual([])
  const changes = await system.store.changes(connectorId, run.id, '', null, 10_000)
  expect(changes.filter(({ outcome }) => outcome === null)).toEqual([])
}

describe('the promises, over random worlds', () => {
  test('a full sync keeps them, and a second one right after sends nothing', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const system = await systemOf(world)
        const run = await system.sync('full', { approve: true })
        expect([run.state, run.failure]).toEqual(['done', null])
        await expectPromises(system, world)
        await expectAudited(system, run)
        const before = [system.exchange.journal.length, await picture(system)]
        const second = await system.sync('full', { approve: true })
        expect([second.state, system.exchange.journal.length, await picture(system)]).toEqual(['done', ...before])
        const quick = await system.sync('quick', { approve: true })
        expect([quick.state, system.exchange.journal.length]).toEqual(['done', before[0]])
      }),
      { numRuns: runs },
    )
  })

  test('who has mail before and after a run has it all the way: a run cut anywhere leaves people in', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const system = await systemOf(world)
        const allowed = () =>
          system.exchange.state.records().flatMap(({ guid, state }) => (state === 'allowed' ? [guid] : []))
        const moments: string[][] = [allowed()]
        system.exchange.faults.before = () => void moments.push(allowed())
        await system.sync('full', { approve: true })
        const stays = moments[0]?.filter((guid) => allowed().includes(guid))
        for (const moment of moments) expect(moment).toEqual(expect.arrayContaining(stays ?? []))
      }),
      { numRuns: runs },
    )
  })

  test('switched off by any kind of sync, nobody who had mail is left without, and nothing of easgate’s stays', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, fc.constantFrom('full', 'quick'), async (world, kind) => {
        const system = await systemOf(world)
        const stateBefore = await picture(system)
        await system.sync('full', { approve: true })
        const allowed = () =>
          system.exchange.state.records().flatMap(({ guid, state }) => (state === 'allowed' ? [guid] : []))
        const had = allowed()
        const moments: string[][] = []
        system.exchange.faults.before = () => void moments.push(allowed())
        const policy = policyOf(world.policy)
        await system.setPolicy({ ...policy, enabled: false })
        await system.sync(kind, { approve: true })
        const stays = had.filter((guid) => allowed().includes(guid))
        for (const moment of moments) expect(moment).toEqual(expect.arrayContaining(stays))
        const { decisions: _decisions, ...restored } = await picture(system)
        expect(restored).toEqual({
          defaultLevel: stateBefore.defaultLevel,
          rules: stateBefore.rules,
          lists: stateBefore.lists,
        })
      }),
      { numRuns: runs },
    )
  })

  test('the order of what comes in never matters', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const reversed = { ...world, exchange: reverse(world.exchange), graph: reverse(world.graph) }
        const [one, other] = [await systemOf(world), await systemOf(reversed)]
        await one.sync('full', { approve: true })
        await other.sync('full', { approve: true })
        expect(await picture(other)).toEqual(await picture(one))
      }),
      { numRuns: Math.ceil(runs / 4) },
    )
  })
})

function reverse<T extends object>(world: T): T {
  return Object.fromEntries(
    Object.entries(world).map(([name, value]) => [
      name,
      Array.isArray(value) ? [...(value as unknown[])].toReversed() : value,
    ]),
  ) as T
}
