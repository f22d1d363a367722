// What Azure Monitor is told of runs: every event with the fields that alerts and workbook read, and nobody's name in a line at information level.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../functions/errors.ts'
import type { GraphWorld } from '../../sim/graph/world.ts'
import type { FakeWorld } from '../fakes/exchangeFakeWorld.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { policyOf, type PolicyWorld } from './policyOf.ts'

const { world } = JSON.parse(readFileSync(new URL('../scenarios/contoso.json', import.meta.url), 'utf8')) as {
  readonly world: { readonly exchange: FakeWorld; readonly graph: GraphWorld; readonly policy: PolicyWorld }
}

async function company() {
  const system = await fakeSystem(world.exchange, world.graph, policyOf(world.policy))
  const sync: FakeSystem['sync'] = (...asked) => system.sync(...asked)
  const fieldsOf = (event: string) => system.log.of(event).map(({ fields }) => fields)
  return { system, sync, fieldsOf }
}
const number = expect.any(Number)

describe('a full sync that is done', () => {
  test('says when it started, what each message spent, and its numbers at the end', async () => {
    const { system, sync, fieldsOf } = await company()
    const { id: runId, counts } = await sync('full', { approve: true })
    const of = { connectorId, runId, kind: 'full' }
    expect(fieldsOf('runStarted')).toEqual([{ ...of, askedBy: 'test', dryRun: false }])

    const steps = fieldsOf('stepDone')
    const spent = { durationMs: number, graphRequests: number, graphThrottled: 0, tableRequests: number }
    for (const step of steps) expect(step).toMatchObject({ ...of, ...spent, step: expect.any(String) })
    expect(steps.at(-1)).toMatchObject({ step: 'finish', next: null })
    expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['gatherRecords', 'decide', 'apply']))

    const [done, ...others] = fieldsOf('runDone')
    expect(others).toEqual([])
    expect(done).toEqual({ ...of, mode: 'everything', dryRun: false, durationMs: number, counts })
    expect(done?.['durationMs']).toBeGreaterThan(0)
    // The first message comes with the start, the last hands on no other, the approval sends one
    const received = steps.length
    expect(counts).toMatchObject({ queueReceived: received, queueSent: received - 2 })
    for (const name of ['graphRequests', 'tableRequests', 'tableOperations', 'queueSent', 'relayConversations'])
      expect([name, counts[name]]).toEqual([name, steps.reduce((sum, step) => sum + Number(step[name]), 0)])
    expect(counts['outcome.done']).toBe(system.exchange.journal.length)
    expect(counts['graphThrottled']).toBe(0)
  })

  test('counts its relay conversations, each step that had one', async () => {
    const { sync, fieldsOf } = await company()
    await sync('full', { approve: true })
    const had = fieldsOf('stepDone').filter(({ relayConversations }) => relayConversations === 1)
    expect([...new Set(had.map(({ step }) => step))]).toEqual([
      'gatherConfiguration',
      'gatherMailboxes',
      'gatherRecords',
      // There was somebody to write to
      'notify',
      'apply',
    ])
  })
})

test('a quick sync in which nothing changed counts what it costs, too', async () => {
  const { sync } = await company()
  await sync('full', { approve: true })
  const { kind, state, counts } = await sync('quick')
  expect({ kind, state, conversations: counts['relayConversations'] }).toEqual({
    kind: 'quick',
    state: 'done',
    conversations: 1,
  })
})

test('a delivery that fails, and a run that ends failed, say which step and why', async () => {
  const { system, sync, fieldsOf } = await company()
  system.directory.failNext('users', new AppError('graphDenied', 'no permission'))
  const { id: runId } = await sync('full')
  const of = { connectorId, runId, kind: 'full', step: 'gatherUsers', code: 'graphDenied', message: 'no permission' }
  expect(fieldsOf('stepFailed')).toEqual([{ ...of, retryable: false, delivery: 1 }])
  expect(fieldsOf('runFailed')).toEqual([{ ...of, attempt: 1, isTriedAgain: false }])
  expect(fieldsOf('runDone')).toEqual([])
})

test('a plan that is held says by which limit and its numbers', async () => {
  const { system, sync, fieldsOf } = await company()
  const policy = policyOf(world.policy)
  await system.setPolicy({
    ...policy,
    settings: { ...policy.settings, limits: { ...policy.settings.limits, maxLosingShare: 0, maxLosing: 0 } },
  })
  const { id: runId, state } = await sync('full')
  expect([state, (await system.store.document(connectorId, 'connector'))?.value.heldRun]).toEqual(['held', runId])
  const numbers = { number, of: expect.anything(), allowed: number, limit: expect.any(String), kept: true }
  expect(fieldsOf('planHeld')).toEqual([{ connectorId, runId, kind: 'full', ...numbers }])
})

describe('no line at information level holds more of a person than ids', () => {
  /** Everything in the world by which somebody could be named: names, addresses and paths, but not ids. */
  const named = new Set<string>()
  const properties =
    /^(displayName|userPrincipalName|mail|proxyAddresses|EmailAddresses|PrimarySmtpAddress|Name|Alias|.*DistinguishedName|DeviceFriendlyName|deviceName|UserDisplayName|phoneNumber|.*Imei|serialNumber)$/i
  collect([world.exchange.mailboxes, world.exchange.devices, world.graph.users, world.graph.managedDevices])

  function collect(value: unknown, isNaming = false): void {
    if (typeof value === 'string' && isNaming && value.length > 2) named.add(value.replace(/^smtp:/i, '').toLowerCase())
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value))
      collect(inner, Array.isArray(value) ? isNaming : properties.test(name))
  }
  // A name such as "ana" stands in no id; as a word it would be the person's
  const words = (text: string) => text.toLowerCase()
  const leaks = (text: string) =>
    [...named].filter((name) => new RegExp(`(?<![a-z0-9])${escaped(name)}(?![a-z0-9])`).test(words(text)))
  const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

  test('the world has people to be named, and a line that names one is seen', () => {
    expect(named.size).toBeGreaterThan(50)
    expect(leaks('{"event":"x","user":"ana@contoso.com"}')).toContain('ana@contoso.com')
    expect(leaks('{"subject":"CN=ana,OU=Users,DC=contoso,DC=com"}').length).toBeGreaterThan(0)
  })

  test('through a full and a quick sync, held and approved, with a failure on the way', async () => {
    const { system, sync } = await company()
    system.directory.failNext('intuneDevices', new AppError('graphFailed', 'Graph said 503', { retryable: true }))
    await sync('full', { approve: true })
    await sync('quick')
    const lines = system.log.lines.filter(({ level }) => level === 'info')
    expect(lines.length).toBeGreaterThan(20)
    for (const { event, fields } of lines) {
      const line = JSON.stringify({ event, ...fields })
      expect({ line, leaks: leaks(line), address: /[^\s"@]+@[^\s"@]+\.\w/.exec(line)?.[0] }).toEqual({
        line,
        leaks: [],
      })
    }
  })
})
