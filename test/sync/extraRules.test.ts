import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { GraphWorld } from '../../sim/graph/world.ts'
import type { FakeWorld } from '../fakes/exchangeFakeWorld.ts'
import { decisionTexts } from './decisionTexts.ts'
import { fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { patchDevice } from './patchDevice.ts'
import { policyOf, type PolicyWorld } from './policyOf.ts'
import { staff, staffPolicy } from './staff.ts'

interface Scenario {
  readonly world: { readonly exchange: FakeWorld; readonly graph: GraphWorld; readonly policy: PolicyWorld }
}

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../scenarios/${name}`, import.meta.url), 'utf8')) as T

describe('a policy with extra rules, a scope and a pin, over fakes', () => {
  test('ends as expected, and a second full sync sends nothing', async () => {
    const { world } = read<Scenario>('extraRules.json')
    const expected = read<readonly { readonly record: string }[]>('extraRules.expected.json')
    const system = await fakeSystem(world.exchange, world.graph, policyOf(world.policy))
    const first = await system.sync('full', { approve: true })
    expect([first.state, first.failure]).toEqual(['done', null])
    const decisions = await system.decisions()
    const found = expected.map(({ record }) => {
      const { access, reason } = decisions[record] ?? {}
      return { record, access, reason }
    })
    expect(found).toEqual(expected)
    const sent = system.exchange.journal.length
    await system.sync('full', { approve: true })
    expect(system.exchange.journal.length).toBe(sent)
  })
})

async function quick(system: FakeSystem): Promise<Record<string, string>> {
  system.clock.advance(60_000)
  const run = await system.sync('quick', { approve: true })
  expect([run.state, run.mode, run.failure]).toEqual(['done', 'changes', null])
  return decisionTexts(system)
}

/** Exchange shows what easgate changed as changed: the quick sync after it looks at those mailboxes once more. */
async function settle(system: FakeSystem): Promise<void> {
  await quick(system)
  system.clock.advance(60_000)
  expect((await system.sync('quick')).touched).toEqual([])
  system.clock.advance(60_000)
}

describe('a quick sync finds who comes under a rule', () => {
  test('by joining its group, or a group in it, and leaving', async () => {
    const { exchange, graph } = staff(3, 3)
    const groups = [...(graph.groups ?? []), { id: 'Kiosk', members: ['vans'] }, { id: 'vans', members: ['u1'] }]
    const extraRules = [{ name: 'kiosk', level: 'block' as const, when: { group: 'KIOSK' } }]
    const system = await fakeSystem(exchange, { ...graph, groups }, staffPolicy({ extraRules }))
    await system.sync('full', { approve: true })
    expect(await decisionTexts(system)).toEqual({ r1: 'block extraRule', r2: 'allow compliant', r3: 'allow compliant' })
    const setVans = (members: string[]) => {
      const world = system.directory.world
      const others = (world.groups ?? []).filter(({ id }) => id !== 'vans')
      system.directory.world = { ...world, groups: [...others, { id: 'vans', members }] }
    }
    setVans(['u2'])
    const moved = { r1: 'allow compliant', r2: 'block extraRule', r3: 'allow compliant' }
    expect(await quick(system)).toEqual(moved)
    expect(await quick(system)).toEqual(moved)
  })

  test('a rule added for a group reads everything once', async () => {
    const { exchange, graph } = staff(2, 2)
    const system = await fakeSystem(exchange, graph, staffPolicy())
    await system.sync('full', { approve: true })
    const extraRules = [{ name: 'sales', level: 'block' as const, when: { group: 'sales' } }]
    await system.setPolicy(staffPolicy({ extraRules }))
    system.clock.advance(60_000)
    const run = await system.sync('quick', { approve: true })
    expect([run.mode, await decisionTexts(system)]).toEqual([
      'everything',
      { r1: 'block extraRule', r2: 'allow compliant' },
    ])
  })

  test('by silence that grows, and by a report that ends it', async () => {
    const { exchange, graph } = staff(2, 2)
    const extraRules = [{ name: 'silent', level: 'block' as const, when: { daysWithoutSync: 30 } }]
    const system = await fakeSystem(exchange, graph, staffPolicy({ extraRules }))
    const dayMs = 86_400_000
    const report = (id: string, daysAgo: number) => {
      const lastSyncDateTime = new Date(system.clock.now().getTime() - daysAgo * dayMs).toISOString()
      patchDevice(system, id, { lastSyncDateTime })
    }
    report('d1', 29.5)
    report('d2', 1)
    await system.sync('full', { approve: true })
    expect(await decisionTexts(system)).toEqual({ r1: 'allow compliant', r2: 'allow compliant' })
    await settle(system)
    // Half a day later nothing changed but the time
    system.clock.advance(dayMs / 2)
    expect(await quick(system)).toEqual({ r1: 'block extraRule', r2: 'allow compliant' })
    await settle(system)
    report('d1', 0)
    expect(await quick(system)).toEqual({ r1: 'allow compliant', r2: 'allow compliant' })
    await settle(system)
    // A report that changes nothing touches nothing
    report('d2', 0)
    system.clock.advance(60_000)
    expect((await system.sync('quick')).touched).toEqual([])
  })

  test('by silence, where the rule is younger than what is known of the device', async () => {
    const { exchange, graph } = staff(1, 1)
    const lastSyncDateTime = '2026-09-01T00:00:00Z'
    const managedDevices = (graph.managedDevices ?? []).map((one) => ({ ...one, lastSyncDateTime }))
    const system = await fakeSystem(exchange, { ...graph, managedDevices }, staffPolicy())
    await system.sync('full', { approve: true })
    const extraRules = [{ name: 'silent', level: 'block' as const, when: { daysWithoutSync: 30 } }]
    await system.setPolicy(staffPolicy({ extraRules }))
    system.clock.advance(60_000)
    const run = await system.sync('quick', { approve: true })
    expect([run.mode, await decisionTexts(system)]).toEqual(['stored', { r1: 'block extraRule' }])
    await settle(system)
    patchDevice(system, 'd1', { lastSyncDateTime: system.clock.now().toISOString() })
    expect(await quick(system)).toEqual({ r1: 'allow compliant' })
  })

  test('an expression that does not compile fails the run before anybody is decided', async () => {
    const { exchange, graph } = staff(1, 0)
    const extraRules = [{ name: 'x', level: 'allow' as const, when: { userAgent: { matches: '(' } } }]
    const system = await fakeSystem(exchange, graph, staffPolicy({ extraRules }))
    const run = await system.sync('full')
    expect([run.state, run.failure?.message]).toEqual(['failed', expect.stringContaining('does not compile')])
    expect([await decisionTexts(system), system.exchange.journal]).toEqual([{}, []])
  })
})

test('a mailbox that moves to another server or unit leaves the scope, and comes back', async () => {
  const { exchange, graph } = staff(2, 2)
  const scope = { organizationalUnits: ['DC=c'], servers: ['EX1'] }
  const mailboxes = (exchange.mailboxes ?? []).map((one) => ({ ...one, ServerName: 'EX1' }))
  const blocking = { ...exchange, mailboxes, organizationSettings: { DefaultAccessLevel: 'Block' } }
  const system = await fakeSystem(blocking, graph, staffPolicy({ scope }))
  await system.sync('full', { approve: true })
  expect(await decisionTexts(system)).toEqual({ r1: 'allow compliant', r2: 'allow compliant' })
  const move = (part: object) => system.exchange.state.putMailbox({ Guid: 'm1', ...part })
  system.clock.advance(60_000)
  move({ ServerName: 'EX2' })
  expect(await quick(system)).toEqual({ r1: 'leave outOfScope', r2: 'allow compliant' })
  expect(system.exchange.lists('m1').allowed).toEqual([])
  move({ ServerName: 'EX1' })
  expect(await quick(system)).toEqual({ r1: 'allow compliant', r2: 'allow compliant' })
})
