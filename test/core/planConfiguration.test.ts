import { describe, expect, test } from 'vitest'
import type { Stance } from '../../functions/core/drift.ts'
import { nothingOwned, type OwnConfiguration, type OwnRule } from '../../functions/core/ownConfiguration.ts'
import { planConfiguration } from '../../functions/core/planConfiguration.ts'
import type {
  AccessLevel,
  AccessRule,
  ExchangeConfiguration,
  PlatformException,
  Policy,
} from '../../functions/core/types.ts'
import { policy } from './build.ts'

const exchange = (defaultLevel: AccessLevel, rules: readonly AccessRule[] = []): ExchangeConfiguration => ({
  organization: 'Contoso',
  defaultLevel,
  userMailInsert: null,
  adminMailRecipients: [],
  rules,
  servers: [],
  deviceClasses: [],
  mailboxPolicies: [],
})
const rule = (
  queryString: string,
  level: AccessLevel,
  guid: string | null = `guid-${queryString.toLowerCase()}`,
): AccessRule => ({ guid, queryString, characteristic: 'DeviceType', level })
const owning = (before: AccessLevel, set: AccessLevel, rules: readonly AccessRule[] = []): OwnConfiguration => ({
  ...nothingOwned,
  defaultLevel: { before, set },
  rules,
})
const family = (name: string, level: PlatformException['level']): PlatformException => ({ type: 'family', name, level })
const off: Partial<Policy> = { enabled: false }

// what | policy | Exchange now | easgate's own | changes | default as planned | own default afterwards
const defaults: readonly (readonly [
  string,
  Partial<Policy>,
  AccessLevel,
  OwnConfiguration,
  string[],
  AccessLevel,
  OwnConfiguration['defaultLevel'],
])[] = [
  [
    'tightened: on record when it is sent',
    {},
    'allow',
    nothingOwned,
    ['3 defaultLevel allow→quarantine'],
    'quarantine',
    null,
  ],
  [
    'loosened: on record when it is sent',
    {},
    'block',
    nothingOwned,
    ['2 defaultLevel block→quarantine'],
    'quarantine',
    null,
  ],
  ['as wanted already: nothing to remember', {}, 'quarantine', nothingOwned, [], 'quarantine', null],
  [
    'set by easgate',
    {},
    'quarantine',
    owning('allow', 'quarantine'),
    [],
    'quarantine',
    { before: 'allow', set: 'quarantine' },
  ],
  [
    'changed by somebody else: mended, the first remains remembered',
    {},
    'allow',
    owning('block', 'quarantine'),
    ['3 defaultLevel allow→quarantine'],
    'quarantine',
    { before: 'block', set: 'quarantine' },
  ],
  [
    'another level wanted: the first remains remembered',
    { defaultAccessLevel: 'block' },
    'quarantine',
    owning('allow', 'quarantine'),
    ['3 defaultLevel quarantine→block'],
    'block',
    { before: 'allow', set: 'quarantine' },
  ],
  [
    'off: what stood there comes back, and stays remembered until it is back',
    off,
    'quarantine',
    owning('allow', 'quarantine'),
    ['2 defaultLevel quarantine→allow'],
    'allow',
    { before: 'allow', set: 'quarantine' },
  ],
  ['off, and back: forgotten', off, 'allow', owning('allow', 'quarantine'), [], 'allow', null],
  ['off, changed by somebody else: left', off, 'block', owning('allow', 'quarantine'), [], 'block', null],
  ['off, nothing of easgate’s', off, 'block', nothingOwned, [], 'block', null],
  ['none: Exchange’s own stays', { defaultAccessLevel: 'none' }, 'allow', nothingOwned, [], 'allow', null],
  [
    'none after easgate set one: comes back',
    { defaultAccessLevel: 'none' },
    'quarantine',
    owning('allow', 'quarantine'),
    ['2 defaultLevel quarantine→allow'],
    'allow',
    { before: 'allow', set: 'quarantine' },
  ],
]

// what | exceptions | Exchange's rules | easgate's rules | changes | rules as planned | differing
const rules: readonly (readonly [string, Partial<Policy>, AccessRule[], AccessRule[], string[], string[], number])[] = [
  [
    'a new rule that lets in is loosening',
    { exceptions: [family('iPad', 'allow')] },
    [],
    [],
    ['2 newRule iPad allow'],
    ['iPad allow'],
    0,
  ],
  [
    'a new rule that blocks is tightening',
    { exceptions: [family('WP8', 'block')] },
    [],
    [],
    ['3 newRule WP8 block'],
    ['WP8 block'],
    0,
  ],
  ['level none wants no rule', { exceptions: [family('iPad', 'none')] }, [], [], [], [], 0],
  [
    'there already, by somebody else, as wanted',
    { exceptions: [family('iPad', 'allow')] },
    [rule('IPAD', 'allow')],
    [],
    [],
    ['IPAD allow'],
    0,
  ],
  [
    'there already, by somebody else, differing: reported',
    { exceptions: [family('iPad', 'allow')] },
    [rule('iPad', 'block')],
    [],
    [],
    ['iPad block'],
    1,
  ],
  [
    'easgate’s own gets the new level',
    { exceptions: [family('iPad', 'block')] },
    [rule('iPad', 'allow')],
    [rule('iPad', 'allow')],
    ['3 setRule iPad block'],
    ['iPad block'],
    0,
  ],
  [
    'easgate’s own, recorded before Exchange named it',
    { exceptions: [family('iPad', 'block')] },
    [rule('iPad', 'allow')],
    [rule('iPad', 'allow', null)],
    ['3 setRule iPad block'],
    ['iPad block'],
    0,
  ],
  [
    'easgate’s own is not wanted any more',
    {},
    [rule('iPad', 'allow')],
    [rule('iPad', 'allow')],
    ['3 removeRule iPad'],
    [],
    0,
  ],
  [
    'easgate’s own block is not wanted any more: loosening',
    {},
    [rule('WP8', 'block')],
    [rule('WP8', 'block')],
    ['2 removeRule WP8'],
    [],
    0,
  ],
  [
    'another rule of the same text, after easgate’s was deleted',
    {},
    [rule('iPad', 'allow', 'other')],
    [rule('iPad', 'allow')],
    [],
    ['iPad allow'],
    0,
  ],
  ['somebody else’s rule is left', {}, [rule('WP8', 'block')], [], [], ['WP8 block'], 0],
  [
    'off: easgate’s rules go',
    { ...off, exceptions: [family('iPad', 'allow')] },
    [rule('iPad', 'allow'), rule('WP8', 'block')],
    [rule('iPad', 'allow')],
    ['3 removeRule iPad'],
    ['WP8 block'],
    0,
  ],
  [
    'none: rules stay as they are',
    { defaultAccessLevel: 'none', exceptions: [family('iPad', 'allow')] },
    [],
    [],
    [],
    [],
    0,
  ],
]

function textOf(changes: ReturnType<typeof planConfiguration>['changes']): string[] {
  return changes.map((change) => {
    if ('after' in change) return `${change.phase} ${change.kind} ${String(change.before)}→${String(change.after)}`
    if (!('rule' in change)) return `${change.phase} ${change.kind} ${'name' in change ? change.name : ''}`
    const level =
      change.kind === 'newRule' ? ` ${change.rule.level}` : change.kind === 'setRule' ? ` ${change.level}` : ''
    return `${change.phase} ${change.kind} ${change.rule.queryString}${level}`
  })
}

describe('Exchange’s default access level', () => {
  test.each(defaults)('%s', (_what, given, now, own, changes, planned, ownDefault) => {
    const plan = planConfiguration(policy(given), exchange(now), own)
    expect([textOf(plan.changes), plan.planned.defaultLevel, plan.own.defaultLevel]).toEqual([
      changes,
      planned,
      ownDefault,
    ])
  })
})

describe('access rules', () => {
  test.each(rules)('%s', (_what, given, existing, own, changes, planned, differing) => {
    const plan = planConfiguration(policy(given), exchange('quarantine', existing), {
      ...nothingOwned,
      rules: own,
    })
    const rulesAfter = plan.planned.rules.map(({ queryString, level }) => `${queryString} ${level}`)
    expect([textOf(plan.changes), rulesAfter, plan.differing.length]).toEqual([changes, planned, differing])
  })
  test('a rule that is only planned is on record by nobody yet', () => {
    const plan = planConfiguration(
      policy({ exceptions: [family('iPad', 'allow')] }),
      exchange('quarantine'),
      nothingOwned,
    )
    expect(plan.own.rules).toEqual([])
  })
  test('what is on record without a Guid gets the one that Exchange gave; what is gone is forgotten', () => {
    const own = { ...nothingOwned, rules: [rule('iPad', 'allow', null), rule('WP8', 'block', null)] }
    const exceptions = [family('iPad', 'allow')]
    const plan = planConfiguration(policy({ exceptions }), exchange('quarantine', [rule('iPad', 'allow')]), own)
    expect(plan.own.rules).toEqual([rule('iPad', 'allow')])
  })
})

// what | own rule | level that stands there (null: no rule) | stance | changes | own level afterwards (null: none) | drift
const drifting: readonly (readonly [
  string,
  OwnRule,
  AccessLevel | null,
  Stance,
  string[],
  AccessLevel | null,
  number,
])[] = [
  ['changed by somebody: set again', rule('iPad', 'allow'), 'block', 'mend', ['2 setRule iPad allow'], 'allow', 1],
  ['changed by somebody, left', rule('iPad', 'allow'), 'block', 'leave', [], 'allow', 1],
  ['changed by somebody again and again', rule('iPad', 'allow'), 'block', 'fighting', [], 'allow', 1],
  ['taken away by somebody: made again', rule('iPad', 'allow'), null, 'mend', ['2 newRule iPad allow'], 'allow', 1],
  ['taken away by somebody, left', rule('iPad', 'allow'), null, 'leave', [], 'allow', 1],
  [
    'taken away by easgate',
    { ...rule('iPad', 'allow'), isRemoving: true },
    null,
    'leave',
    ['2 newRule iPad allow'],
    null,
    0,
  ],
  ['never made', rule('iPad', 'allow', null), null, 'leave', ['2 newRule iPad allow'], null, 0],
  [
    'its command is on its way',
    { ...rule('iPad', 'allow'), replaced: 'block' },
    'block',
    'leave',
    ['2 setRule iPad allow'],
    'allow',
    0,
  ],
  ['the policy was edited', rule('iPad', 'block'), 'quarantine', 'leave', ['2 setRule iPad allow'], 'block', 0],
  ['as wanted, by whomever', rule('iPad', 'block'), 'allow', 'leave', [], 'allow', 0],
]

describe('a rule of easgate’s that is not as easgate set it', () => {
  const exceptions = [family('iPad', 'allow')]
  test.each(drifting)('%s', (_what, own, level, stance, changes, ownLevel, drift) => {
    const now = exchange('quarantine', level === null ? [] : [rule('iPad', level)])
    const plan = planConfiguration(
      policy({ exceptions }),
      now,
      { ...nothingOwned, rules: [own] },
      { stanceOf: () => stance },
    )
    expect([textOf(plan.changes), plan.own.rules[0]?.level ?? null, plan.drift.length]).toEqual([
      changes,
      ownLevel,
      drift,
    ])
    expect(plan.changes.map(({ mends }) => mends)).toEqual(
      changes.map(() => (drift ? 'rule:DeviceType:ipad' : undefined)),
    )
  })
})

// what | policy | rule as it stands | as recorded (null: not yet) | changes
const handed: readonly (readonly [string, Partial<Policy>, AccessLevel, AccessLevel | null, string[]])[] = [
  ['gets the level of the policy', { exceptions: [family('WP8', 'allow')] }, 'block', null, ['2 setRule WP8 allow']],
  ['is left where the policy says nothing of it', {}, 'block', null, []],
  ['gets back the level it had', {}, 'allow', 'allow', ['3 setRule WP8 block']],
  ['gets back the level it had when the policy is off', off, 'allow', 'allow', ['3 setRule WP8 block']],
  ['is left when somebody changed it since', off, 'quarantine', 'allow', []],
]
test.each(handed)('a rule that was handed over %s', (_what, given, level, recorded, changes) => {
  const own = recorded === null ? [] : [{ ...rule('WP8', recorded), before: 'block' as const }]
  const plan = planConfiguration(
    policy({ ...given, handedOverRules: ['guid-wp8'] }),
    exchange('quarantine', [rule('WP8', level)]),
    { ...nothingOwned, rules: own },
  )
  expect([textOf(plan.changes), plan.own.rules.length]).toEqual([changes, 1])
})

// what | insert wanted | stands there | own | changes | own afterwards
const settings = { ...policy().settings }
const inserts: readonly (readonly [
  string,
  string | null,
  string | null,
  OwnConfiguration['userMailInsert'],
  string[],
  OwnConfiguration['userMailInsert'],
])[] = [
  ['left alone', null, 'Ask IT', null, [], null],
  ['set; on record when it is sent', 'Enrol', null, null, ['2 userMailInsert null→Enrol'], null],
  ['the same but for line ends', 'a\nb', 'a\r\nb', { before: null, set: 'a\nb' }, [], { before: null, set: 'a\nb' }],
  ['none wanted, none there', '', null, null, [], null],
  [
    'not asked for any more',
    null,
    'Enrol',
    { before: 'Ask IT', set: 'Enrol' },
    ['2 userMailInsert Enrol→Ask IT'],
    { before: 'Ask IT', set: 'Enrol' },
  ],
  ['not asked for any more, changed by somebody', null, 'Other', { before: 'Ask IT', set: 'Enrol' }, [], null],
]
test.each(inserts)('the mail insert, %s', (_what, userMailInsert, now, own, changes, after) => {
  const wanted = policy({ settings: { ...settings, exchange: { userMailInsert, adminMailRecipients: null } } })
  const there = { ...exchange('quarantine'), userMailInsert: now }
  const plan = planConfiguration(wanted, there, { ...nothingOwned, userMailInsert: own })
  expect([textOf(plan.changes), plan.own.userMailInsert]).toEqual([changes, after])
})

test('what nobody’s access depends on is left to the full sync', () => {
  const wanted = policy({ enabled: false })
  const own = { ...nothingOwned, userMailInsert: { before: null, set: 'Enrol' } }
  const there = { ...exchange('quarantine'), userMailInsert: 'Enrol' }
  expect(planConfiguration(wanted, there, own, { scope: 'decisive' })).toMatchObject({ changes: [], own })
  expect(textOf(planConfiguration(wanted, there, own).changes)).toEqual(['2 userMailInsert Enrol→null'])
})

test('recipients are one list, whatever their order and case', () => {
  const wanted = policy({
    settings: { ...settings, exchange: { userMailInsert: null, adminMailRecipients: ['a@x.com', 'B@x.com'] } },
  })
  const there = (adminMailRecipients: string[]) => ({ ...exchange('quarantine'), adminMailRecipients })
  expect(planConfiguration(wanted, there(['b@x.com', 'A@x.com']), nothingOwned).changes).toEqual([])
  expect(planConfiguration(wanted, there(['b@x.com']), nothingOwned).changes).toMatchObject([
    { kind: 'adminMailRecipients', phase: 2, before: ['b@x.com'], after: ['a@x.com', 'B@x.com'] },
  ])
})
