import { describe, expect, test } from 'vitest'
import { intunePlan } from '../../functions/core/settings.ts'
import type { NotificationSettings, Policy, Settings } from '../../functions/core/types.ts'
import { approveRun, rejectRun } from '../../functions/sync/decideHeldRun.ts'
import type { FakeWorld } from '../fakes/exchangeFakeWorld.ts'
import type { GraphWorld } from '../../sim/graph/world.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { policyOf } from './policyOf.ts'

const minuteMs = 60_000
const people = ['ana', 'ben']

/** Ana's phone is compliant, Ben's and the others' are not enrolled. Exchange allows everybody by default. */
function company(others: readonly string[]): { exchange: FakeWorld; graph: GraphWorld } {
  const everybody = [...people, ...others]
  return {
    exchange: {
      organizationSettings: { DefaultAccessLevel: 'Allow', AdminMailRecipients: ['desk@c.com'] },
      mailboxes: everybody.map((name) => ({
        Guid: `m-${name}`,
        DistinguishedName: `CN=${name},DC=c`,
        PrimarySmtpAddress: `${name}@c.com`,
        EmailAddresses: [`SMTP:${name}@c.com`],
      })),
      devices: everybody.map((name) => ({
        Guid: `r-${name}`,
        Mailbox: `m-${name}`,
        DeviceId: `Dev${name}`,
        DeviceType: 'iPhone',
        ClientType: 'EAS',
      })),
    },
    graph: {
      users: everybody.map((name) => ({
        id: `u-${name}`,
        mail: `${name}@c.com`,
        displayName: name,
        ...(name === 'ben' ? { preferredLanguage: 'de-AT' } : {}),
        assignedPlans: [{ servicePlanId: intunePlan, capabilityStatus: 'Enabled' }],
      })),
      groups: [{ id: 'staff', members: everybody.map((name) => `u-${name}`) }],
      managedDevices: [compliance('compliant')],
    },
  }
}

const compliance = (complianceState: string) => ({
  id: 'd-ana',
  userId: 'u-ana',
  easDeviceId: 'Devana',
  azureADRegistered: true,
  complianceState,
})

interface Given {
  readonly settings?: Partial<Settings>
  readonly notification?: Partial<NotificationSettings>
}

function policy({ settings = {}, notification }: Given = {}): Policy {
  const made = policyOf({
    conditionalAccessSettings: { enabled: true, includedGroups: ['staff'] },
    exchangeOnPremisesPolicy: { defaultAccessLevel: 'block' },
    settings,
  })
  const digest = { digestTo: [], ...notification }
  return {
    ...made,
    notificationHtml: '<p>{{displayName}}: {{reason}}</p>',
    settings: { ...made.settings, notification: { ...made.settings.notification, ...digest } },
  }
}

async function systemOf(given: Given = {}, others: readonly string[] = []): Promise<FakeSystem> {
  const { exchange, graph } = company(others)
  return fakeSystem(exchange, graph, policy(given))
}

const toUsers = (system: FakeSystem) => system.exchange.mails.delivered.filter(({ to }) => to !== 'desk@c.com')
const tos = (system: FakeSystem) => toUsers(system).map(({ to }) => to)
const digests = (system: FakeSystem) => system.exchange.mails.delivered.filter(({ to }) => to === 'desk@c.com')
const state = (system: FakeSystem, name: string) => system.exchange.record(`r-${name}`).state
const becomes = (system: FakeSystem, complianceState: string) => {
  const managedDevices = [compliance(complianceState)]
  system.directory.world = { ...system.directory.world, managedDevices }
}
const late = { state: 'delayed' as const, message: 'busy' }

describe('a mail to the user', () => {
  test('comes before the block, once for each record and reason', async () => {
    const system = await systemOf()
    const atMail: string[] = []
    system.exchange.faults.before = (call) => {
      if (call === 'mail') atMail.push(state(system, 'ben'))
    }
    const run = await system.sync('full', { approve: true })
    expect(run.counts).toMatchObject({ 'mails.sent': 1, 'notices.planned': 1, 'notices.new': 1 })
    expect([atMail[0], state(system, 'ben')]).toEqual(['allowed', 'blocked'])
    expect(toUsers(system)).toMatchObject([
      {
        to: 'ben@c.com',
        subject: 'Mail on your iPhone',
        html: '<p>ben: It is not enrolled with your organization.</p>',
      },
    ])
    for (const kind of ['full', 'quick', 'full'] as const) await system.sync(kind, { approve: true })
    expect(tos(system)).toEqual(['ben@c.com'])
    becomes(system, 'noncompliant')
    await system.sync('quick', { approve: true })
    expect([tos(system), state(system, 'ana')]).toEqual([['ben@c.com', 'ana@c.com'], 'blocked'])
    becomes(system, 'compliant')
    await system.sync('quick')
    becomes(system, 'error')
    await system.sync('quick', { approve: true })
    expect([tos(system), state(system, 'ana')]).toEqual([['ben@c.com', 'ana@c.com'], 'blocked'])
  })

  test('is in the language of the user where there is a template for it', async () => {
    const de = {
      subject: 'Post auf {{deviceType}}',
      html: '<p>{{reason}} {{deviceId}}</p>',
      reasons: { notEnrolled: 'Nicht registriert.' },
    }
    const system = await systemOf({ notification: { templates: { de } } })
    await system.sync('full', { approve: true })
    expect(toUsers(system)).toMatchObject([{ subject: 'Post auf iPhone', html: '<p>Nicht registriert. Devben</p>' }])
  })

  test.each([
    ['a dry run', {}, true],
    ['report mode', { reportOnly: true }, false],
    ['stop', { stop: true }, false],
  ])('is not sent by %s, but by the first run after it', async (_what, settings, dryRun) => {
    const system = await systemOf({ settings })
    await system.sync('full', { approve: true, dryRun })
    expect(system.exchange.mails.delivered).toEqual([])
    await system.setPolicy(policy())
    await system.sync('full', { approve: true })
    expect(tos(system)).toEqual(['ben@c.com'])
  })

  test('waits while the limits hold the plan, and is never sent when the plan is rejected', async () => {
    const limits = { ...policy().settings.limits, maxLosing: 0 }
    const system = await systemOf({ settings: { limits } })
    const first = await system.sync('full')
    expect([first.state, system.exchange.mails.delivered]).toEqual(['held', []])
    await rejectRun(system.ports, connectorId, first.id, 'test')
    await system.sync('quick')
    expect(system.exchange.mails.delivered).toEqual([])
    const second = await system.sync('full')
    await approveRun(system.ports, connectorId, second.id, 'test')
    await system.drain()
    expect([tos(system), state(system, 'ben')]).toEqual([['ben@c.com'], 'blocked'])
  })
})

describe('a mail that cannot be sent', () => {
  test('delays no decision, and a later quick sync that finds nothing else sends it, once', async () => {
    const system = await systemOf()
    system.exchange.mails.ends.push(late)
    const run = await system.sync('full', { approve: true })
    expect([run.state, run.counts['mails.delayed'], state(system, 'ben'), tos(system)]).toEqual([
      'done',
      1,
      'blocked',
      [],
    ])
    await system.sync('quick')
    expect(tos(system)).toEqual([])
    system.clock.advance(6 * minuteMs)
    const quick = await system.sync('quick')
    expect([quick.counts['mails.sent'], tos(system)]).toEqual([1, ['ben@c.com']])
    system.clock.advance(600 * minuteMs)
    await system.sync('quick')
    expect(tos(system)).toEqual(['ben@c.com'])
  })

  test('for want of time is sent by later quick syncs, and the blocks follow after five minutes', async () => {
    const system = await systemOf({}, ['cleo', 'dan', 'eve', 'fay'])
    system.exchange.faults.before = (call) => {
      if (call === 'mail') system.clock.advance(100_000)
    }
    const run = await system.sync('full', { approve: true })
    expect([run.counts['mails.sent'], run.counts['mails.delayed']]).toEqual([3, 2])
    expect(['ben', 'cleo', 'dan', 'eve', 'fay'].map((name) => state(system, name))).toEqual(
      Array.from({ length: 5 }, () => 'blocked'),
    )
    const took = Date.parse(run.endedAt ?? '') - Date.parse(run.startedAt)
    expect(took).toBeLessThan(9 * minuteMs)
    await system.sync('quick')
    await system.sync('quick')
    expect(tos(system).toSorted()).toEqual(['ben', 'cleo', 'dan', 'eve', 'fay'].map((name) => `${name}@c.com`))
  })

  test('without a notification account is counted, and nothing else happens until there is one', async () => {
    const system = await systemOf()
    system.exchange.faults.noMailAccount = true
    const run = await system.sync('full', { approve: true })
    expect([run.state, run.counts['mails.noAccount'], state(system, 'ben')]).toEqual(['done', 1, 'blocked'])
    expect(await system.store.dueMails(connectorId, '2999-01-01T00:00:00.000Z', 9)).toEqual([])
    system.exchange.faults.noMailAccount = false
    await system.sync('full')
    expect(tos(system)).toEqual(['ben@c.com'])
  })

  test('is let go when the record is not kept out any more at its time, and sent when it is again', async () => {
    const system = await systemOf()
    await system.sync('full', { approve: true })
    becomes(system, 'noncompliant')
    system.exchange.mails.ends.push(late)
    await system.sync('quick', { approve: true })
    becomes(system, 'compliant')
    await system.sync('quick')
    system.clock.advance(6 * minuteMs)
    expect((await system.sync('quick')).counts['mails.notHeld']).toBe(1)
    expect((await system.store.ledgerMail(connectorId, { record: 'r-ana', reason: 'notCompliant' }))?.value.state).toBe(
      'dropped',
    )
    becomes(system, 'noncompliant')
    await system.sync('quick', { approve: true })
    expect(tos(system)).toEqual(['ben@c.com', 'ana@c.com'])
  })

  test('whose outcome nobody knows is not sent again, and the block follows', async () => {
    const system = await systemOf()
    system.exchange.mails.ends.push({ breaks: true, delivers: true })
    const run = await system.sync('full', { approve: true })
    expect([run.counts['mails.unknown'], state(system, 'ben')]).toEqual([1, 'blocked'])
    system.clock.advance(600 * minuteMs)
    await system.sync('full')
    expect(tos(system)).toEqual(['ben@c.com'])
  })
})

/** The default stays as it is, so that only the lists hold. */
describe('with a wait', () => {
  const waiting = { notification: { waitMinutes: 60 } }
  async function withAnaIn(): Promise<FakeSystem> {
    const system = await systemOf(waiting)
    await system.sync('full', { approve: true })
    system.clock.advance(2 * minuteMs)
    await system.sync('quick', { approve: true })
    expect([state(system, 'ana'), state(system, 'ben')]).toEqual(['allowed', 'blocked'])
    becomes(system, 'noncompliant')
    return system
  }

  test('access ends at the quick sync after the mail was sent', async () => {
    const system = await withAnaIn()
    const first = await system.sync('quick', { approve: true })
    expect([first.counts['postponed'], tos(system).at(-1), state(system, 'ana')]).toEqual([1, 'ana@c.com', 'allowed'])
    await system.sync('quick', { approve: true })
    expect(state(system, 'ana')).toBe('blocked')
  })

  test('access ends when the wait is over, though the mail was never sent', async () => {
    const system = await withAnaIn()
    system.exchange.faults.noMailAccount = true
    await system.sync('quick', { approve: true })
    for (const [minutes, expected] of [
      [30, 'allowed'],
      [29, 'allowed'],
      [2, 'blocked'],
    ] as const) {
      system.clock.advance(minutes * minuteMs)
      await system.sync('quick', { approve: true })
      expect(state(system, 'ana')).toBe(expected)
    }
    expect(tos(system)).toEqual(['ben@c.com'])
  })

  test('a phone that is compliant again in time never loses access', async () => {
    const system = await withAnaIn()
    system.exchange.mails.ends.push(late)
    await system.sync('quick', { approve: true })
    becomes(system, 'compliant')
    system.clock.advance(61 * minuteMs)
    const sent = system.exchange.journal.length
    await system.sync('quick', { approve: true })
    expect([state(system, 'ana'), system.exchange.journal.length, tos(system)]).toEqual([
      'allowed',
      sent,
      ['ben@c.com'],
    ])
  })
})

describe('the administrators’ digest', () => {
  test('names who is newly held, at most once an hour, and what came in between comes then', async () => {
    const system = await systemOf()
    await system.sync('full', { approve: true })
    expect(digests(system)).toMatchObject([
      { subject: 'easgate: 1 device newly held', html: expect.stringContaining('<td>ben</td>') },
    ])
    becomes(system, 'noncompliant')
    await system.sync('quick', { approve: true })
    system.clock.advance(50 * minuteMs)
    await system.sync('quick')
    expect(digests(system)).toHaveLength(1)
    system.clock.advance(11 * minuteMs)
    const quick = await system.sync('quick')
    expect([quick.counts['mails.digestSent'], digests(system).length]).toEqual([1, 2])
    expect(digests(system)[1]?.html).toContain('<td>ana</td>')
    expect(digests(system)[1]?.html).not.toContain('<td>ben</td>')
    system.clock.advance(120 * minuteMs)
    await system.sync('full')
    expect(digests(system)).toHaveLength(2)
  })

  test('goes to the settings’ recipients where there are some, to nobody where there are none', async () => {
    const system = await systemOf({ notification: { digestTo: ['a@c.com', 'b@c.com'] } })
    await system.sync('full', { approve: true })
    expect(tos(system)).toEqual(['ben@c.com', 'a@c.com', 'b@c.com'])
    expect(digests(system)).toEqual([])
  })

  test('that reached nobody is tried again in an hour', async () => {
    const system = await systemOf()
    system.exchange.mails.ends.push({}, late)
    await system.sync('full', { approve: true })
    expect(digests(system)).toEqual([])
    system.clock.advance(61 * minuteMs)
    await system.sync('quick')
    expect(digests(system)).toHaveLength(1)
  })
})
