import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { GraphWorld } from '../../sim/graph/world.ts'
import type { FakeWorld } from '../fakes/exchangeFakeWorld.ts'
import { fakeSystem } from './fakeSystem.ts'
import { policyOf, type PolicyWorld } from './policyOf.ts'

interface Scenario {
  readonly world: { readonly exchange: FakeWorld; readonly graph: GraphWorld; readonly policy: PolicyWorld }
}
interface Expected {
  readonly defaultAccessLevel: string
  readonly records: readonly {
    readonly record: string
    readonly access: string
    readonly reason: string
    readonly fallback?: string
    readonly DeviceAccessState: string
  }[]
}

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../scenarios/${name}`, import.meta.url), 'utf8')) as T
const { world } = read<Scenario>('contoso.json')
const expected = read<Expected>('contoso.expected.json')

describe('the sample company over fakes', () => {
  test('ends as expected, and a second full sync sends nothing', async () => {
    const system = await fakeSystem(world.exchange, world.graph, policyOf(world.policy))
    const first = await system.sync('full', { approve: true })
    expect([first.state, first.failure]).toEqual(['done', null])
    const decisions = await system.decisions()
    const found = expected.records.map(({ record }) => {
      const { access, reason, fallback } = decisions[record] ?? {}
      return { record, access, reason, ...(fallback ? { fallback } : {}), state: system.exchange.record(record).state }
    })
    expect(found).toEqual(
      expected.records.map(({ record, access, reason, fallback, DeviceAccessState }) => ({
        record,
        access,
        reason,
        ...(fallback ? { fallback } : {}),
        state: DeviceAccessState.toLowerCase(),
      })),
    )
    const sent = system.exchange.journal.length
    const second = await system.sync('full', { approve: true })
    expect([second.state, system.exchange.journal.length - sent]).toEqual(['done', 0])
  })
})
