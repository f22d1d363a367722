import { describe, expect, test } from 'vitest'
import { compileExtraRules, type RuleConditions } from '../../functions/core/extraRules.ts'
import { compareVersions, osVersion } from '../../functions/core/osVersion.ts'
import type { EasRecord, IntuneDevice } from '../../functions/core/types.ts'
import { compilePattern } from '../../functions/rules/compilePattern.ts'
import { device, now, owner, record } from './build.ts'

interface Subject {
  readonly record?: Partial<EasRecord>
  readonly owner?: Parameters<typeof owner>[0] | null
  readonly device?: Partial<IntuneDevice> | null
}

function fits(when: RuleConditions, given: Subject = {}): boolean {
  const [rule] = compileExtraRules([{ name: 'x', level: 'block', when }], compilePattern)
  const subject = {
    record: record(given.record),
    owner: given.owner === null ? null : owner(given.owner),
    device: given.device === null ? null : device(given.device),
  }
  return rule?.fits(subject, now.getTime()) ?? false
}

const upn = { user: { upn: 'Ana.Gomes@contoso.com' } }

/** The record is Ana's iPhone14C2 with iOS 17.4 (build.ts); its Intune device reported 26 hours ago. */
describe('a rule fits', () => {
  const cases: [string, RuleConditions, Subject, boolean][] = [
    ['an id, case ignored', { deviceId: 'applana1' }, {}, true],
    ['another id', { deviceId: 'ApplANA' }, {}, false],
    ['a type by wildcard', { deviceType: { like: 'i*' } }, {}, true],
    ['a model by expression', { deviceModel: { matches: '^iPhone1[0-4]' } }, {}, true],
    ['a user agent', { userAgent: { matches: '/2104\\.' } }, {}, true],
    [
      'a property that the phone did not tell',
      { deviceModel: { like: '*' } },
      { record: { deviceModel: null } },
      false,
    ],
    ['all that it names', { deviceType: 'iPhone', deviceOs: { like: 'iOS 17*' } }, {}, true],
    ['not when one of them does not', { deviceType: 'iPhone', deviceOs: { like: 'iOS 16*' } }, {}, false],
    ['nothing, naming nothing', {}, {}, false],
    ['a system below', { osVersion: { below: '17.5' } }, {}, true],
    ['not one that is as new', { osVersion: { below: '17.4' } }, {}, false],
    ['not one that is as new, written longer', { osVersion: { below: '17.4.0' } }, {}, false],
    ['ten is newer than nine', { osVersion: { below: '17.10' } }, {}, true],
    ['a system from', { osVersion: { from: '17.4' } }, {}, true],
    ['not an older one', { osVersion: { from: '17.4.1' } }, {}, false],
    ['a range', { osVersion: { from: '16', below: '18' } }, {}, true],
    ['not outside the range', { osVersion: { from: '16', below: '17' } }, {}, false],
    ['not a system without a number', { osVersion: { below: '99' } }, { record: { deviceOs: 'Android' } }, false],
    ['not an unknown system', { osVersion: { below: '99' } }, { record: { deviceOs: null } }, false],
    ['a user by id', { user: 'user-1' }, {}, true],
    ['a user by UPN', { user: 'ana.gomes@contoso.com' }, { owner: upn }, true],
    ['a user by address', { user: { like: '*@contoso.com' } }, {}, true],
    ['not another user', { user: 'ben@contoso.com' }, {}, false],
    ['not without a user', { user: { like: '*' } }, { owner: null }, false],
    ['a group', { group: 'KIOSK' }, { owner: { groups: ['kiosk', 'vans'] } }, true],
    ['not another group', { group: 'kiosk' }, { owner: { groups: ['vans'] } }, false],
    ['not a user of no group', { group: 'kiosk' }, {}, false],
    ['days of silence', { daysWithoutSync: 1 }, {}, true],
    ['not fewer days', { daysWithoutSync: 2 }, {}, false],
    ['exactly so many', { daysWithoutSync: 7 }, { device: { lastSync: '2026-11-14T08:00:00.000Z' } }, true],
    ['one second fewer', { daysWithoutSync: 7 }, { device: { lastSync: '2026-11-14T08:00:01.000Z' } }, false],
    ['not where no device matched', { daysWithoutSync: 1 }, { device: null }, false],
    ['not where nobody knows', { daysWithoutSync: 1 }, { device: { lastSync: null } }, false],
  ]
  test.each(cases)('%s', (_title, when, given, expected) => {
    expect(fits(when, given)).toBe(expected)
  })
})

describe('the version in DeviceOS', () => {
  test.each([
    ['iOS 17.4.1 21E236', [17, 4, 1]],
    ['Android 14', [14]],
    ['Windows Phone 8.10.14219', [8, 10, 14219]],
    ['iOS17', [17]],
    ['Android', null],
    ['', null],
    ['Android 99999999999999999999', null],
  ])('%s', (text, version) => {
    expect(osVersion(text)).toEqual(version)
  })
  test.each([
    [[17], [17, 0, 0], 0],
    [[17, 4], [17, 10], -1],
    [[2], [1, 99], 1],
  ])('%j against %j: %i', (a, b, sign) => {
    expect([Math.sign(compareVersions(a, b)), Math.sign(compareVersions(b, a)) + 0]).toEqual([sign, 0 - sign])
  })
})

test('an expression that does not compile stops everything: nobody is decided by a rule that was left out', () => {
  const broken = [{ name: 'x', level: 'allow' as const, when: { userAgent: { matches: '(' } } }]
  expect(() => compileExtraRules(broken, compilePattern)).toThrow('does not compile')
})
