import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nothingOwned } from '../../functions/core/ownConfiguration.ts'
import type { Policy, Settings } from '../../functions/core/types.ts'
import { startRun } from '../../functions/sync/startRun.ts'
import type { FakeWorld } from '../fakes/exchangeFakeWorld.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { policyOf } from './policyOf.ts'
import { syncWithDeaths } from './syncWithDeaths.ts'

/** A world here is several syncs. */
const runs = Math.ceil(Number(process.env['EASGATE_WORLDS'] ?? 200) / 4)
const foreignRule = { Guid: 'wp8', QueryString: 'WP8', Characteristic: 'DeviceType', AccessLevel: 'Block' }
const world: FakeWorld = {
  organization: 'Contoso',
  organizationSettings: {
    DefaultAccessLevel: 'Allow',
    UserMailInsert: ' Ask IT ',
    AdminMailRecipients: ['it@contoso.com'],
  },
  accessRules: [foreignRule],
  mailboxPolicies: [{ Name: 'Default' }],
}
const wanted: Partial<Settings> = {
  exchange: { userMailInsert: 'Enrol', adminMailRecipients: ['a@contoso.com', 'b@contoso.com'] },
  mailboxPolicy: { name: 'Phones', properties: { PasswordEnabled: true, MinPasswordLength: 6 } },
}
const policyWith = (settings: Partial<Settings> = wanted, changes: Partial<Policy> = {}): Policy => ({
  ...policyOf({
    conditionalAccessSettings: { enabled: true },
    exchangeOnPremisesPolicy: {
      defaultAccessLevel: 'quarantine',
      accessRules: [{ deviceClass: { name: 'iPad', type: 'family' }, accessLevel: 'allow' }],
    },
    settings,
  }),
  ...changes,
})

/** What easgate may touch, without the Guids that Exchange gave. */
function configurationOf({ exchange }: FakeSystem) {
  const { defaultLevel, userMailInsert, adminMailRecipients, rules, mailboxPolicies } = exchange.state.configuration()
  return {
    defaultLevel,
    userMailInsert,
    adminMailRecipients,
    rules: rules.map(({ queryString, level }) => `${queryString} ${level}`).toSorted(),
    policies: mailboxPolicies.map(({ name, properties }) => ({ name, properties })),
  }
}

const sent = ({ exchange }: FakeSystem) => exchange.journal.map(({ command }) => command.kind)
const own = async ({ store }: FakeSystem) => (await store.document(connectorId, 'own'))?.value ?? nothingOwned
const drift = async ({ store }: FakeSystem) =>
  ((await store.document(connectorId, 'drift'))?.value.entries ?? []).map(({ thing, state }) => `${thing} ${state}`)

describe('a full sync', () => {
  test('sets what the policy asks for, loosening before tightening, and a second one sends nothing', async () => {
    const system = await fakeSystem(world, {}, policyWith())
    const run = await system.sync('full')
    expect([run.state, sent(system)]).toEqual([
      'done',
      ['newRule', 'userMailInsert', 'adminMailRecipients', 'newPolicy', 'defaultLevel'],
    ])
    expect(configurationOf(system)).toEqual({
      defaultLevel: 'quarantine',
      userMailInsert: 'Enrol',
      adminMailRecipients: ['a@contoso.com', 'b@contoso.com'],
      rules: ['WP8 block', 'iPad allow'],
      policies: [
        { name: 'Default', properties: expect.anything() },
        { name: 'Phones', properties: expect.objectContaining({ PasswordEnabled: true, MinPasswordLength: 6 }) },
      ],
    })
    await system.sync('full')
    await system.sync('quick')
    expect([sent(system).length, await drift(system)]).toEqual([5, []])
  })

  test('of a policy that is switched off gives back exactly what stood there, and remembers nothing', async () => {
    const system = await fakeSystem(world, {}, policyWith())
    const before = configurationOf(system)
    await system.sync('full')
    await system.setPolicy(policyWith(wanted, { enabled: false }))
    await system.sync('quick')
    // Nobody's access depends on the rest: it waits for the full sync
    expect(configurationOf(system)).toMatchObject({ defaultLevel: 'allow', userMailInsert: 'Enrol' })
    await system.sync('full')
    expect([configurationOf(system), await own(system)]).toEqual([before, nothingOwned])
  })

  test('sets another mailbox policy and takes an earlier one away', async () => {
    const system = await fakeSystem(world, {}, policyWith())
    await system.sync('full')
    const other = { name: 'phones', properties: { PasswordEnabled: false } }
    await system.setPolicy(policyWith({ ...wanted, mailboxPolicy: other }))
    await system.sync('full')
    expect(sent(system).slice(5)).toEqual(['setPolicy'])
    await system.setPolicy(policyWith({ ...wanted, mailboxPolicy: { ...other, name: 'Tablets' } }))
    await system.sync('full')
    expect(sent(system).slice(6)).toEqual(['newPolicy', 'removePolicy'])
    expect(configurationOf(system).policies.map(({ name }) => name)).toEqual(['Default', 'Tablets'])
    expect((await own(system)).mailboxPolicies).toMatchObject([{ name: 'Tablets', guid: expect.any(String) }])
  })

  test('leaves a mailbox policy that somebody else made, whatever the settings say', async () => {
    const mailboxPolicy = { name: 'DEFAULT', properties: { PasswordEnabled: true } }
    const system = await fakeSystem(world, {}, policyWith({ mailboxPolicy }))
    await system.sync('full')
    await system.setPolicy(policyWith({ mailboxPolicy }, { enabled: false }))
    await system.sync('full')
    expect(sent(system).filter((kind) => kind.endsWith('Policy'))).toEqual([])
  })

  test('that may not read the mailbox policies makes, forgets and mends none', async () => {
    const system = await fakeSystem(world, {}, policyWith())
    await system.sync('full')
    const recorded = (await own(system)).mailboxPolicies
    const readable = system.exchange.state.configuration.bind(system.exchange.state)
    system.exchange.state.configuration = () => ({ ...readable(), mailboxPolicies: [] })
    await system.sync('full')
    await system.setPolicy(policyWith({ ...wanted, mailboxPolicy: null }))
    await system.sync('full')
    expect([(await own(system)).mailboxPolicies, sent(system).length, await drift(system)]).toEqual([recorded, 5, []])
    system.exchange.state.configuration = readable
    await system.sync('full')
    expect([(await own(system)).mailboxPolicies, sent(system).at(-1)]).toEqual([[], 'removePolicy'])
  })

  test('of a policy stored by an older version finds nothing to set', async () => {
    const { handedOverRules: _rules, ...old } = policyWith({})
    const { exchange: _exchange, mailboxPolicy: _policy, drift: _drift, ...settings } = old.settings
    const system = await fakeSystem(world, {}, { ...old, settings } as Policy)
    await system.store.saveDocument(connectorId, 'own', { defaultLevel: null, rules: [] } as never, null)
    expect([(await system.sync('full')).state, sent(system)]).toEqual(['done', ['newRule', 'defaultLevel']])
  })
})

const hour = 60 * 60_000

/** Somebody else sets the default, and a full sync follows. */
async function fight(system: FakeSystem, askedBy: string) {
  system.exchange.state.run({ id: 'x', kind: 'defaultLevel', level: 'block' })
  system.clock.advance(hour)
  await startRun(system.ports, { connectorId, kind: 'full', askedBy, dryRun: false })
  await system.drain()
  return system.exchange.state.configuration().defaultLevel
}

describe('drift', () => {
  const others: readonly (readonly [string, (system: FakeSystem) => void])[] = [
    ['defaultLevel', ({ exchange }) => exchange.state.run({ id: 'x', kind: 'defaultLevel', level: 'block' })],
    ['userMailInsert', ({ exchange }) => exchange.state.run({ id: 'x', kind: 'userMailInsert', text: 'Other' })],
    [
      'adminMailRecipients',
      ({ exchange }) => exchange.state.run({ id: 'x', kind: 'adminMailRecipients', addresses: [] }),
    ],
    [
      'rule:DeviceType:ipad',
      (system) => system.exchange.state.run({ id: 'x', kind: 'removeRule', guid: ruleGuid(system) }),
    ],
    [
      'rule:DeviceType:ipad',
      (system) => system.exchange.state.run({ id: 'x', kind: 'setRule', guid: ruleGuid(system), level: 'block' }),
    ],
    [
      'mailboxPolicy:phones',
      (system) =>
        system.exchange.state.run({
          id: 'x',
          kind: 'setPolicy',
          guid: policyGuid(system),
          properties: { PasswordEnabled: false },
        }),
    ],
    [
      'mailboxPolicy:phones',
      (system) => system.exchange.state.run({ id: 'x', kind: 'removePolicy', guid: policyGuid(system) }),
    ],
  ]
  const ruleGuid = ({ exchange }: FakeSystem) =>
    exchange.state.configuration().rules.find(({ queryString }) => queryString === 'iPad')?.guid ?? ''
  const policyGuid = ({ exchange }: FakeSystem) =>
    exchange.state.configuration().mailboxPolicies.find(({ name }) => name === 'Phones')?.guid ?? ''

  test.each(others)('of %s is mended, and shown', async (thing, act) => {
    const system = await fakeSystem(world, {}, policyWith())
    await system.sync('full')
    const before = configurationOf(system)
    act(system)
    expect(configurationOf(system)).not.toEqual(before)
    // A dry run sees it and mends nothing
    await system.sync('full', { dryRun: true })
    expect(await drift(system)).toEqual([`${thing} seen`])
    await system.sync('full')
    expect([configurationOf(system), await drift(system)]).toEqual([before, [`${thing} mended`]])
    const sentSoFar = sent(system).length
    await system.sync('full')
    expect([sent(system).length, await drift(system)]).toEqual([sentSoFar, [`${thing} mended`]])
    // What was mended is easgate's own as before
    await system.setPolicy(policyWith(wanted, { enabled: false }))
    await system.sync('full')
    expect(configurationOf(system)).toEqual(configurationOf(await fakeSystem(world, {}, policyWith())))
  })

  test.each(others)(
    'of %s is left where the settings say so, until the policy itself is edited',
    async (thing, act) => {
      const system = await fakeSystem(world, {}, policyWith({ ...wanted, drift: 'leave' }))
      await system.sync('full')
      act(system)
      const changed = configurationOf(system)
      await system.sync('full')
      await system.sync('full')
      expect([configurationOf(system), await drift(system)]).toEqual([changed, [`${thing} left`]])
      await system.setPolicy(policyWith({ ...wanted, drift: 'mend' }))
      await system.sync('full')
      expect(await drift(system)).toEqual([`${thing} mended`])
    },
  )

  const base = policyWith({ ...wanted, drift: 'leave' })
  const { mailboxPolicy: _none, ...withoutPolicy } = base.settings
  const edits: readonly (readonly [string, Policy, Policy])[] = [
    ['defaultLevel', base, { ...base, defaultAccessLevel: 'block' }],
    ['setRule', base, { ...base, exceptions: [{ type: 'family', name: 'iPad', level: 'block' }] }],
    ['newRule', { ...base, exceptions: [] }, base],
    ['newPolicy', { ...base, settings: { ...withoutPolicy, mailboxPolicy: null } }, base],
    [
      'setPolicy',
      base,
      {
        ...base,
        settings: { ...withoutPolicy, mailboxPolicy: { name: 'Phones', properties: { MinPasswordLength: 4 } } },
      },
    ],
  ]
  test.each(edits.flatMap((edit) => [[...edit, 0] as const, [...edit, 1] as const]))(
    'is not what a command left of which nobody knows the end: %s',
    async (kind, first, second, silent) => {
      const [calm, lossy] = [await fakeSystem(world, {}, first), await fakeSystem(world, {}, first)]
      for (const system of [calm, lossy]) {
        await system.sync('full')
        await system.setPolicy(second)
      }
      await calm.sync('full')
      expect(sent(calm).at(-1)).toBe(kind)
      const { faults } = lossy.exchange
      // Every try: executed or not, nobody hears of it; and then nobody can look
      faults.before = (call) => {
        if (call === 'change') faults.loseAfterOutcomes = { count: 0, silent }
        if (call === 'configuration' && lostOnce) faults.loseAt = call
        if (call === 'change') lostOnce = true
      }
      let lostOnce = false
      await lossy.sync('full')
      delete faults.before
      await lossy.sync('full')
      expect([configurationOf(lossy), await drift(lossy)]).toEqual([configurationOf(calm), []])
    },
  )

  test('shows what was set, what was found, and when', async () => {
    const system = await fakeSystem(world, {}, policyWith())
    await system.sync('full')
    await fight(system, 'timer')
    const [entry] = (await system.store.document(connectorId, 'drift'))?.value.entries ?? []
    expect(entry).toMatchObject({ expected: 'quarantine', found: 'block', state: 'mended', firstSeen: entry?.lastSeen })
    expect(Date.parse(entry?.mendedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(entry?.firstSeen ?? ''))
  })

  test('that comes back each time is a fight after the third mend: left with a warning, until a person asks or a day is over', async () => {
    const system = await fakeSystem(world, {}, policyWith())
    await system.sync('full')
    for (const _ of [1, 2, 3]) expect(await fight(system, 'timer')).toBe('quarantine')
    expect(await fight(system, 'timer')).toBe('block')
    expect((await drift(system)).at(-1)).toBe('defaultLevel fighting')
    expect(system.log.lines.filter(({ event }) => event === 'configurationFight')).toMatchObject([{ level: 'warn' }])
    // Another thing is not held up by it
    system.exchange.state.run({ id: 'x', kind: 'userMailInsert', text: 'Other' })
    expect(await fight(system, 'timer')).toBe('block')
    expect(configurationOf(system).userMailInsert).toBe('Enrol')
    expect(await fight(system, 'a person')).toBe('quarantine')
    expect(await fight(system, 'timer')).toBe('block')
    system.clock.advance(24 * hour)
    expect(await fight(system, 'timer')).toBe('quarantine')
  })
})

describe('a rule that was handed over', () => {
  const exceptions: Policy['exceptions'] = [{ type: 'family', name: 'wp8', level: 'allow' }]
  test('gets the policy’s level, and its own back when the policy is switched off', async () => {
    const system = await fakeSystem(world, {}, policyWith({}, { exceptions }))
    expect((await system.sync('full')).differing).toHaveLength(1)
    await system.setPolicy(policyWith({}, { exceptions, handedOverRules: ['wp8'] }))
    await system.sync('full')
    expect(configurationOf(system).rules).toEqual(['WP8 allow'])
    const sentSoFar = sent(system).length
    await system.sync('full')
    expect(sent(system).length).toBe(sentSoFar)
    await system.setPolicy(policyWith({}, { exceptions, handedOverRules: ['wp8'], enabled: false }))
    await system.sync('full')
    await system.sync('full')
    expect([configurationOf(system).rules, sent(system).slice(sentSoFar)]).toEqual([
      ['WP8 block'],
      ['defaultLevel', 'setRule'],
    ])
  })
})

const text = fc.constantFrom(null, '', 'Enrol', 'Ask IT', 'a\nb')
const configurations = fc.record({
  stood: fc.record({
    level: fc.constantFrom('Allow', 'Block', 'Quarantine'),
    insert: text,
    recipients: fc.subarray(['it@x.com', 'a@x.com']),
    rule: fc.option(fc.constantFrom('Allow', 'Block')),
  }),
  policies: fc.array(
    fc.record({
      enabled: fc.constantFrom(true, true, true, false),
      level: fc.constantFrom('none' as const, 'allow' as const, 'block' as const, 'quarantine' as const),
      ipad: fc.constantFrom(null, 'allow' as const, 'block' as const),
      insert: text,
      recipients: fc.option(fc.subarray(['a@x.com', 'b@x.com'])),
      mailboxPolicy: fc.constantFrom(null, 'One', 'two', 'Default'),
      password: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
})
type Drawn = typeof configurations extends fc.Arbitrary<infer T> ? T : never

function drawnWorld({ stood }: Drawn): FakeWorld {
  const rule = { QueryString: 'IPAD', Characteristic: 'DeviceType', Guid: 'foreign' }
  return {
    ...world,
    organizationSettings: {
      DefaultAccessLevel: stood.level,
      UserMailInsert: stood.insert === '' ? null : stood.insert,
      AdminMailRecipients: stood.recipients,
    },
    accessRules: stood.rule ? [foreignRule, { ...rule, AccessLevel: stood.rule }] : [foreignRule],
  }
}

function drawnPolicy({ enabled, level, ipad, insert, recipients, mailboxPolicy, password }: Drawn['policies'][number]) {
  const settings: Partial<Settings> = {
    exchange: { userMailInsert: insert, adminMailRecipients: recipients },
    mailboxPolicy: mailboxPolicy === null ? null : { name: mailboxPolicy, properties: { PasswordEnabled: password } },
  }
  const exceptions: Policy['exceptions'] = ipad ? [{ type: 'family', name: 'iPad', level: ipad }] : []
  return policyWith(settings, { enabled, defaultAccessLevel: level, exceptions })
}

describe('over random policies, one after the other', () => {
  const off = policyWith({}, { enabled: false })

  test('a second full sync sends nothing, nothing is drift, and switched off all is as it was', async () => {
    await fc.assert(
      fc.asyncProperty(configurations, async (drawn) => {
        const system = await fakeSystem(drawnWorld(drawn), {}, off)
        const before = configurationOf(system)
        for (const policy of drawn.policies.map(drawnPolicy)) {
          await system.setPolicy(policy)
          expect((await system.sync('full', { approve: true })).state).toBe('done')
          const sentSoFar = sent(system).length
          await system.sync('full', { approve: true })
          expect(sent(system).length).toBe(sentSoFar)
        }
        await system.setPolicy(off)
        await system.sync('full', { approve: true })
        expect([configurationOf(system), await own(system), await drift(system)]).toEqual([before, nothingOwned, []])
        expect(system.exchange.journal.filter(({ outcome }) => !outcome.ok)).toEqual([])
      }),
      { numRuns: runs },
    )
  })

  test('a process killed anywhere, again and again, ends in the same configuration, and switched off all is as it was', async () => {
    const lives = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(configurations, lives, async (drawn, left) => {
        const [calm, killed] = await Promise.all([1, 2].map(async () => fakeSystem(drawnWorld(drawn), {}, off)))
        if (!calm || !killed) throw new Error('two systems')
        const before = configurationOf(calm)
        for (const policy of [...drawn.policies.map(drawnPolicy), off]) {
          await calm.setPolicy(policy)
          await killed.setPolicy(policy)
          await calm.sync('full', { approve: true })
          await syncWithDeaths(killed, 'full', left)
          expect(configurationOf(killed)).toEqual(configurationOf(calm))
        }
        expect([configurationOf(killed), await own(killed), await drift(killed)]).toEqual([before, nothingOwned, []])
      }),
      { numRuns: runs },
    )
  })
})
