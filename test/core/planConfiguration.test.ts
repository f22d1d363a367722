import { describe, expect, test } from 'vitest'
import { nothingOwned, planConfiguration } from '../../functions/core/planConfiguration.ts'
import type {
  AccessLevel,
  AccessRule,
  ExchangeConfiguration,
  OwnConfiguration,
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
    if (change.kind === 'defaultLevel') return `${change.phase} defaultLevel ${change.before}→${change.after}`
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
    const plan = planConfiguration(policy(given), exchange('quarantine', existing), { defaultLevel: null, rules: own })
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
    const own = { defaultLevel: null, rules: [rule('iPad', 'allow', null), rule('WP8', 'block', null)] }
    const exceptions = [family('iPad', 'allow')]
    const plan = planConfiguration(policy({ exceptions }), exchange('quarantine', [rule('iPad', 'allow')]), own)
    expect(plan.own.rules).toEqual([rule('iPad', 'allow')])
  })
})
