import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MailboxPolicySetting } from '../../functions/core/ownConfiguration.ts'
import { partitionCount } from '../../functions/core/partition.ts'
import type { Policy, Settings } from '../../functions/core/types.ts'
import { retireConnector } from '../../functions/sync/retireConnector.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import { startWhatIf } from '../../functions/sync/startWhatIf.ts'
import type { FakeWorld } from '../fakes/exchangeFakeWorld.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { deliverToTheMortal } from './mortalQueue.ts'
import { staff, staffPolicy } from './staff.ts'

const worlds = Math.ceil(Number(process.env['EASGATE_WORLDS'] ?? 200) / 4)
const phones: MailboxPolicySetting = { name: 'Phones', properties: { PasswordEnabled: true }, assign: 'inScope' }
const policyWith = (settings: Partial<Settings> = {}, more: Partial<Policy> = {}) =>
  staffPolicy({ mailboxPolicy: phones, ...settings }, more)
const off = policyWith({}, { enabled: false })

/** Five people; p2 was given a policy by hand, p4 is a manager, p5 has no mailbox of the policy. */
const others: Readonly<Record<string, string>> = { m2: 'Executives' }
function company(given: Readonly<Record<string, string>> = others) {
  const { exchange, graph } = staff(5, 5)
  const mailboxes = exchange.mailboxes?.map((mailbox) => ({
    ...mailbox,
    ActiveSyncMailboxPolicy: given[mailbox.Guid] ?? null,
  }))
  const mailboxPolicies: FakeWorld['mailboxPolicies'] = [{ Name: 'Default' }, { Name: 'Executives' }]
  const groups = [
    { id: 'staff', members: ['u1', 'u2', 'u3', 'u4'] },
    { id: 'managers', members: ['u4'] },
  ]
  return { exchange: { ...exchange, ...(mailboxes && { mailboxes }), mailboxPolicies }, graph: { ...graph, groups } }
}

async function companyWith(policy: Policy, given?: Readonly<Record<string, string>>): Promise<FakeSystem> {
  const { exchange, graph } = company(given)
  return fakeSystem(exchange, graph, policy)
}

const given = ({ exchange }: FakeSystem) =>
  [1, 2, 3, 4, 5].map((n) => exchange.mailbox(`m${n}`).activeSyncPolicy ?? '-').join(' ')
const sent = ({ exchange }: FakeSystem, from = 0) =>
  exchange.journal.slice(from).map(({ command: { kind, ...rest } }) => {
    return 'mailboxGuid' in rest ? `${kind} ${rest.mailboxGuid}` : kind
  })
async function recorded({ store }: FakeSystem): Promise<string[]> {
  const found: string[] = []
  for (let partition = 0; partition < partitionCount; partition++) {
    for (const { kind, mailboxGuid } of await store.rows(connectorId, partition))
      if (kind === 'assignment') found.push(mailboxGuid)
  }
  return found.toSorted()
}
const policies = ({ exchange }: FakeSystem) => exchange.state.configuration().mailboxPolicies.map(({ name }) => name)
const byHand = ({ exchange }: FakeSystem, mailboxGuid: string, policy: string | null) =>
  exchange.state.run({ id: 'hand', kind: 'assignPolicy', mailboxGuid, policy })
function setMembers({ directory }: FakeSystem, members: string[]): void {
  const groups = (directory.world.groups ?? []).map((group) => (group.id === 'staff' ? { ...group, members } : group))
  directory.world = { ...directory.world, groups }
}
/** Time between two readings: what a run sends is newer than what it read. */
const later = ({ clock }: FakeSystem) => clock.advance(60_000)

describe('easgate’s mailbox policy', () => {
  test('goes to the mailboxes in scope that have Exchange’s default, behind everything that lets in; a second run sends nothing', async () => {
    const system = await companyWith(policyWith({}, { excludedGroups: ['managers'] }))
    const run = await system.sync('full')
    expect([run.state, given(system), await recorded(system)]).toEqual([
      'done',
      'Phones Executives Phones - -',
      ['m1', 'm3'],
    ])
    const order = sent(system)
    const lastAllow = order.findLastIndex((kind) => kind.startsWith('lists'))
    expect(order.indexOf('newPolicy')).toBeLessThan(order.indexOf('assignPolicy m1'))
    expect(lastAllow).toBeLessThan(order.indexOf('assignPolicy m1'))
    expect(run.counts).toMatchObject({
      'assignments.planned': 2,
      'assignments.foreign': 1,
      'outcome.done': order.length,
    })
    later(system)
    await system.sync('full')
    await system.sync('quick')
    expect(sent(system, order.length)).toEqual([])
  })

  test('takes the place of others’ where the setting says so, and each gets its own back', async () => {
    const system = await companyWith(policyWith({ mailboxPolicy: { ...phones, others: 'override' } }))
    const before = given(system)
    await system.sync('full')
    expect(given(system)).toBe('Phones Phones Phones Phones -')
    later(system)
    await system.setPolicy(policyWith({ mailboxPolicy: { ...phones, assign: 'none' } }))
    await system.sync('full')
    expect([given(system), await recorded(system), policies(system)]).toEqual([
      before,
      [],
      ['Default', 'Executives', 'Phones'],
    ])
  })

  const ends: readonly (readonly [string, Policy, 'full' | 'quick'])[] = [
    ['the setting that names it', policyWith({ mailboxPolicy: null }), 'full'],
    ['the policy, at the next quick sync', off, 'quick'],
    ['the policy', off, 'full'],
  ]
  test.each(ends)('is given back with the end of %s, and then goes', async (_, policy, kind) => {
    const system = await companyWith(policyWith())
    const before = given(system)
    await system.sync('full')
    later(system)
    await system.setPolicy(policy)
    const run = await system.sync(kind)
    expect([run.state, given(system), await recorded(system)]).toEqual(['done', before, []])
    later(system)
    const last = await system.sync('full')
    expect([policies(system), last.counts['outcome.failed']]).toEqual([['Default', 'Executives'], undefined])
  })

  test('is given back when the connector retires, before the entries are withdrawn', async () => {
    const system = await companyWith(policyWith())
    const before = given(system)
    await system.sync('full')
    later(system)
    const sentSoFar = system.exchange.journal.length
    await retireConnector(system.ports, connectorId, 'admin', true)
    await system.drain()
    expect([given(system), policies(system)]).toEqual([before, ['Default', 'Executives']])
    const order = sent(system, sentSoFar)
    expect(order.lastIndexOf('assignPolicy m4')).toBeLessThan(order.indexOf('lists m1'))
    expect((await system.store.document(connectorId, 'connector'))?.value.retired).toMatchObject({ by: null })
  })

  test('goes to a mailbox that comes into scope, and back from one that leaves, with the next quick sync', async () => {
    const system = await companyWith(policyWith())
    await system.sync('full')
    later(system)
    setMembers(system, ['u1', 'u3', 'u4', 'u5'])
    await system.sync('quick')
    later(system)
    expect(given(system)).toBe('Phones Executives Phones Phones Phones')
    setMembers(system, ['u3', 'u4', 'u5'])
    expect((await system.sync('quick')).mode).toBe('changes')
    expect([given(system), await recorded(system)]).toEqual(['- Executives Phones Phones Phones', ['m3', 'm4', 'm5']])
  })

  test('of another name takes the place of the first, which then goes', async () => {
    const system = await companyWith(policyWith())
    const before = given(system)
    await system.sync('full')
    later(system)
    await system.setPolicy(policyWith({ mailboxPolicy: { ...phones, name: 'Tablets' } }))
    const run = await system.sync('full')
    expect([given(system), policies(system), run.counts['outcome.failed']]).toEqual([
      'Tablets Executives Tablets Tablets -',
      ['Default', 'Executives', 'Tablets'],
      undefined,
    ])
    later(system)
    await system.setPolicy(off)
    await system.sync('full')
    expect(given(system)).toBe(before)
  })

  test('that is renamed in Exchange is still easgate’s', async () => {
    const system = await companyWith(policyWith())
    await system.sync('full')
    later(system)
    const readable = system.exchange.state.configuration.bind(system.exchange.state)
    const renamed = () => {
      const found = readable()
      const mailboxPolicies = found.mailboxPolicies.map((one) =>
        one.name === 'Phones' ? { ...one, name: 'New' } : one,
      )
      return { ...found, mailboxPolicies }
    }
    system.exchange.state.configuration = renamed
    const mailboxes = system.exchange.state.mailboxes.bind(system.exchange.state)
    system.exchange.state.mailboxes = () =>
      mailboxes().map((one) => (one.activeSyncPolicy === 'Phones' ? { ...one, activeSyncPolicy: 'New' } : one))
    const sentSoFar = system.exchange.journal.length
    await system.sync('full')
    expect([sent(system, sentSoFar), await recorded(system)]).toEqual([[], ['m1', 'm3', 'm4']])
  })

  test('stays where the policies or the mailbox’s own cannot be read any more', async () => {
    const system = await companyWith(policyWith())
    await system.sync('full')
    later(system)
    const { state } = system.exchange
    const [readable, mailboxes] = [state.configuration.bind(state), state.mailboxes.bind(state)]
    state.configuration = () => ({ ...readable(), mailboxPolicies: [] })
    const sentSoFar = system.exchange.journal.length
    await system.sync('full')
    state.configuration = readable
    state.mailboxes = () => mailboxes().map(({ activeSyncPolicy: _policy, ...rest }) => rest)
    await system.setPolicy(off)
    await system.sync('full')
    expect(sent(system, sentSoFar).filter((kind) => kind.startsWith('assign'))).toEqual([])
    expect(await recorded(system)).toEqual(['m1', 'm3', 'm4'])
  })

  test('whose earlier one is gone gives way to Exchange’s default', async () => {
    const system = await companyWith(policyWith({ mailboxPolicy: { ...phones, others: 'override' } }))
    await system.sync('full')
    later(system)
    const executives = system.exchange.state.configuration().mailboxPolicies.find(({ name }) => name === 'Executives')
    system.exchange.state.run({ id: 'x', kind: 'removePolicy', guid: executives?.guid ?? '' })
    await system.setPolicy(off)
    expect((await system.sync('full')).counts['outcome.failed']).toBeUndefined()
    expect(given(system)).toBe('- - - - -')
  })
})

describe('more mailboxes than the limit', () => {
  const limits = { ...staffPolicy().settings.limits, maxPolicyAssignments: 2 }

  test('hold the plan, with numbers and remedy; approved, it is sent', async () => {
    const system = await companyWith(policyWith({ limits }))
    const held = await system.sync('full')
    expect([held.state, held.refusal, given(system)]).toEqual([
      'held',
      expect.objectContaining({ limit: 'policyAssignments', number: 3, allowed: 2 }),
      '- Executives - - -',
    ])
    expect(held.refusal?.message).toMatch(
      /^3 mailboxes would get another EAS mailbox policy; the limit is 2\. .*approve/,
    )
    expect((await system.sync('full', { approve: true })).state).toBe('done')
    expect(given(system)).toBe('Phones Executives Phones Phones -')
  })

  test('count those of quick syncs together', async () => {
    const system = await companyWith(policyWith({ limits: { ...limits, maxPolicyAssignments: 1 } }))
    setMembers(system, ['u1'])
    await system.sync('full')
    later(system)
    for (const members of [
      ['u1', 'u3'],
      ['u1', 'u3', 'u4'],
    ]) {
      setMembers(system, members)
      await system.sync('quick')
      later(system)
    }
    expect(given(system)).toBe('Phones Executives Phones - -')
    expect((await system.store.document(connectorId, 'connector'))?.value.heldRun).not.toBeNull()
  })

  test('are in the answer of a what-if', async () => {
    const system = await companyWith(policyWith({ mailboxPolicy: null }))
    await system.sync('full')
    const runId = await startWhatIf(system.ports, connectorId, policyWith({ limits }), 'admin')
    await system.drain()
    const run = await system.run(typeof runId === 'string' ? runId : '')
    expect([run.report?.reassigned, run.refusal?.limit]).toEqual([3, 'policyAssignments'])
  })
})

describe('what a person did to a mailbox that has easgate’s policy', () => {
  test('another policy: left, reported, and never given back over', async () => {
    const system = await companyWith(policyWith())
    await system.sync('full')
    later(system)
    byHand(system, 'm1', 'Executives')
    const run = await system.sync('quick')
    expect([run.counts['assignments.foreign'], await recorded(system)]).toEqual([2, ['m3', 'm4']])
    later(system)
    await system.setPolicy(off)
    await system.sync('full')
    expect(given(system)).toBe('Executives Executives - - -')
  })

  test('the default: assigned again, thrice a day at most', async () => {
    const system = await companyWith(policyWith())
    await system.sync('full')
    for (const left of [undefined, undefined, undefined, 1]) {
      later(system)
      byHand(system, 'm1', null)
      const run = await system.sync('full')
      expect([run.counts['assignments.fighting'], given(system).startsWith('Phones')]).toEqual([
        left,
        left === undefined,
      ])
    }
    system.clock.advance(24 * 3_600_000)
    await system.sync('full')
    expect(given(system)).toBe('Phones Executives Phones Phones -')
  })

  test('the default: left, where drift is', async () => {
    const system = await companyWith(policyWith({ drift: 'leave' }))
    await system.sync('full')
    later(system)
    byHand(system, 'm1', null)
    expect((await system.sync('full')).counts['assignments.drift']).toBe(1)
    expect(given(system)).toBe('- Executives Phones Phones -')
  })

  test('between the reading and the command: not touched', async () => {
    const system = await companyWith(policyWith())
    let isDone = false
    system.exchange.faults.before = (call, state) => {
      if (call !== 'policiesOf' || isDone) return
      isDone = true
      state.run({ id: 'hand', kind: 'assignPolicy', mailboxGuid: 'm3', policy: 'Executives' })
    }
    const run = await system.sync('full')
    expect([given(system), run.counts['outcome.changedSinceRead'], await recorded(system)]).toEqual([
      'Phones Executives Executives Phones -',
      1,
      ['m1', 'm4'],
    ])
  })
})

test('a command whose end nobody knows is looked at again: what it did stays on record, and what it took back goes', async () => {
  const system = await companyWith(policyWith())
  const unheard = { category: 'timeout', message: 'no answer', ran: 'unknown', executes: true } as const
  system.exchange.faults.failMailboxes = new Map([['m1', unheard]])
  const run = await system.sync('full')
  expect([run.state, run.counts['outcome.failed'], await recorded(system)]).toEqual([
    'done',
    undefined,
    ['m1', 'm3', 'm4'],
  ])
  later(system)
  await system.setPolicy(off)
  const last = await system.sync('full')
  expect([last.counts['outcome.failed'], given(system), await recorded(system)]).toEqual([
    undefined,
    '- Executives - - -',
    [],
  ])
})

test('a policy of its name that somebody else makes in between is given to nobody', async () => {
  const system = await companyWith(policyWith())
  let readings = 0
  system.exchange.faults.before = (call, state) => {
    if (call !== 'configuration' || ++readings !== 2) return
    state.run({ id: 'hand', kind: 'newPolicy', name: 'Phones', properties: { PasswordEnabled: false } })
  }
  const run = await system.sync('full')
  expect([given(system), await recorded(system), run.counts['outcome.changedSinceRead']]).toEqual([
    '- Executives - - -',
    [],
    4,
  ])
})

test('a mailbox that refuses the policy again and again counts for the limit only once it has it', async () => {
  const limits = { ...staffPolicy().settings.limits, maxPolicyAssignments: 3 }
  const system = await companyWith(policyWith({ limits }))
  const protectedUser = { category: 'permission', message: 'Insufficient access rights', ran: 'no' } as const
  system.exchange.faults.failMailboxes = new Map([['m1', protectedUser]])
  await system.sync('full')
  for (let tried = 1; tried <= 5; tried++) {
    system.clock.advance(16 * 60_000)
    const run = await system.sync('quick')
    expect([run.state, run.counts['assignments.planned']]).toEqual(['done', 1])
  }
})

test('a mailbox that cannot be changed keeps its policy and no record, and is tried again', async () => {
  const system = await companyWith(policyWith())
  const protectedUser = { category: 'permission', message: 'Insufficient access rights', ran: 'no' } as const
  system.exchange.faults.failMailboxes = new Map([['m1', protectedUser]])
  const run = await system.sync('full')
  expect([run.state, await recorded(system)]).toEqual(['done', ['m3', 'm4']])
  delete system.exchange.faults.failMailboxes
  system.clock.advance(16 * 60_000)
  await system.sync('quick')
  expect(given(system)).toBe('Phones Executives Phones Phones -')
})

const settings = fc.record({
  enabled: fc.constantFrom(true, true, true, false),
  name: fc.constantFrom(null, 'Phones', 'Tablets'),
  assign: fc.constantFrom('inScope' as const, 'inScope' as const, 'none' as const),
  others: fc.constantFrom('respect' as const, 'override' as const),
  members: fc.subarray(['u1', 'u2', 'u3', 'u4', 'u5'], { minLength: 1 }),
})
const drawn = fc.record({
  given: fc.record({
    m1: fc.constantFrom('', 'Executives'),
    m2: fc.constantFrom('', 'Executives'),
    m3: fc.constantFrom('', 'Default'),
  }),
  steps: fc.array(settings, { minLength: 1, maxLength: 4 }),
  lives: fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 6 }),
})

test('whatever is set, one after the other, and wherever a process dies: a second run sends nothing, and switched off every mailbox has what it had', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async ({ given: hands, steps, lives }) => {
      const limits = { ...staffPolicy().settings.limits, minPopulation: 1_000 }
      const system = await companyWith(off, hands)
      const before = given(system)
      // What was taken over stays easgate's until it is given back
      let taken = new Set<string>()
      for (const { enabled, name, assign, others: how, members } of steps) {
        const mailboxPolicy = name === null ? null : { ...phones, name, assign, others: how }
        await system.setPolicy(policyWith({ mailboxPolicy, limits }, { enabled }))
        setMembers(system, members)
        later(system)
        await startRun(system.ports, { connectorId, kind: 'full', askedBy: 'test', dryRun: false })
        await deliverToTheMortal(system, lives)
        later(system)
        const sentSoFar = system.exchange.journal.length
        await system.sync('full')
        expect(sent(system, sentSoFar)).toEqual([])
        const isOn = enabled && name !== null && assign === 'inScope'
        const expected = [1, 2, 3, 4, 5].map((n, index) => {
          const had = before.split(' ')[index] ?? ''
          const isTaken = had === '-' || how === 'override' || taken.has(`u${n}`)
          return isOn && members.includes(`u${n}`) && isTaken ? name : had
        })
        expect(given(system)).toBe(expected.join(' '))
        const isGiven = (user: string) => isOn && expected[Number(user.slice(1)) - 1] === name
        taken = new Set(members.filter(isGiven))
      }
      later(system)
      await system.setPolicy(off)
      await system.sync('full')
      expect([given(system), await recorded(system), policies(system)]).toEqual([before, [], ['Default', 'Executives']])
    }),
    { numRuns: worlds },
  )
})
