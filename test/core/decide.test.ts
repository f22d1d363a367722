import { describe, expect, test } from 'vitest'
import { decideMailbox } from '../../functions/core/decideMailbox.ts'
import type { Policy, Settings } from '../../functions/core/types.ts'
import { context, entry, facts, fullRun, policy, quarantining, type Given } from './build.ts'

const on = { settings: {} as Partial<Settings> }
const unenrolled = { devices: [] }
const blocking = { defaultLevel: 'block', rules: [] } as const
const allowing = { defaultLevel: 'allow', rules: [] } as const
const rule = (characteristic: string, queryString: string, level: 'allow' | 'block' | 'quarantine') => ({
  guid: 'rule-1',
  characteristic,
  queryString,
  level,
})
const iPadException = { exceptions: [{ type: 'family', name: 'ipad', level: 'allow' }] } as const
const modelException = { exceptions: [{ type: 'model', name: 'IPHONE14c2', level: 'block' }] } as const
const noneException = { exceptions: [{ type: 'family', name: 'iPhone', level: 'none' }] } as const
const oldPhone = { firstSync: '2025-01-01T00:00:00Z', state: 'allowed' } as const
const grandfather = { existedBefore: '2026-01-01T00:00:00Z', until: '2027-01-01T00:00:00Z' }
const pin = (access: 'allow' | 'block', until: string | null = null) => ({
  pins: [{ record: 'record-1', access, note: 'n', until }],
})
type PolicyPart = Partial<Omit<Policy, 'settings'>> & { readonly settings?: Partial<Settings> }

// row | what is special | facts | policy | Exchange as planned | decision
const rows: readonly (readonly [number, string, Given, PolicyPart, Parameters<typeof context>[0], string])[] = [
  [1, 'another client than ActiveSync', { record: { clientType: 'Outlook' } }, {}, {}, 'leave notEvaluated'],
  [1, 'eas in small letters is ActiveSync', { record: { clientType: 'eas' } }, {}, {}, 'allow compliant'],
  [1, 'Exchange 2010 has no client type', { record: { clientType: null } }, {}, {}, 'allow compliant'],
  [1, 'still in device discovery', { record: { state: 'deviceDiscovery' } }, {}, {}, 'leave notEvaluated'],
  [1, 'no DeviceId', { record: { deviceId: '  ' } }, {}, {}, 'leave notEvaluated'],
  [1, 'a probe device', { record: { deviceType: 'EASProbeDeviceType' } }, {}, {}, 'leave notEvaluated'],
  [1, 'a health mailbox', { mailbox: { name: 'HealthMailbox1234' } }, {}, {}, 'leave notEvaluated'],
  [1, 'a test user', { mailbox: { name: 'CAS_{12}' } }, {}, {}, 'leave notEvaluated'],
  [1, 'ActiveSync is off for the mailbox', { mailbox: { isActiveSyncEnabled: false } }, {}, {}, 'leave notEvaluated'],
  [1, 'comes before a pin', { record: { clientType: 'REST' }, ...pin('block') }, {}, {}, 'leave notEvaluated'],
  [2, 'no user', { owner: null }, {}, {}, 'leave unresolvedUser'],
  [2, 'no mailbox', { mailbox: null, owner: null }, {}, {}, 'leave unresolvedUser'],
  [2, 'comes before a pin', { owner: null, ...pin('block') }, {}, {}, 'leave unresolvedUser'],
  [3, 'pinned to allow', { ...unenrolled, ...pin('allow') }, {}, {}, 'allow pinned'],
  [3, 'pinned to block', pin('block'), {}, {}, 'block pinned'],
  [3, 'a pin that has ended', pin('block', '2026-11-21T08:00:00.000Z'), {}, {}, 'allow compliant'],
  [3, 'a pin that ends later', pin('block', '2026-11-21T08:00:00.001Z'), {}, {}, 'block pinned'],
  [3, 'a pin outlasts the policy', pin('block'), { enabled: false }, {}, 'block pinned'],
  [4, 'policy off', {}, { enabled: false }, {}, 'leave outOfScope'],
  [
    4,
    'policy off, also for an excluded user',
    { owner: { isExcluded: true } },
    { enabled: false },
    {},
    'leave outOfScope',
  ],
  [4, 'not licensed', { owner: { user: { isLicensed: false } } }, {}, {}, 'leave outOfScope'],
  [4, 'in no included group', { owner: { isIncluded: false } }, {}, {}, 'leave outOfScope'],
  [5, 'an allow made by hand', { ...unenrolled, mailbox: { allowed: ['applana1'] } }, {}, {}, 'leave manualEntry'],
  [5, 'a block made by hand', { mailbox: { blocked: ['ApplANA1'] } }, {}, {}, 'leave manualEntry'],
  [
    5,
    'an allow of easgate’s is none',
    { mailbox: { allowed: ['ApplANA1'] }, entries: [entry('allowed')] },
    {},
    {},
    'allow compliant',
  ],
  [
    5,
    'easgate’s allow beside a block made by hand',
    { mailbox: { allowed: ['ApplANA1'], blocked: ['ApplANA1'] }, entries: [entry('allowed')] },
    {},
    {},
    'leave manualEntry',
  ],
  [5, 'an entry for another device', { mailbox: { blocked: ['Other'] } }, {}, {}, 'allow compliant'],
  [
    5,
    'setting override',
    { mailbox: { blocked: ['ApplANA1'] } },
    { settings: { manualEntries: 'override' } },
    {},
    'allow compliant',
  ],
  [
    5,
    'setting adopt',
    { ...unenrolled, mailbox: { allowed: ['ApplANA1'] } },
    { settings: { manualEntries: 'adopt' } },
    {},
    'quarantine notEnrolled',
  ],
  [6, 'excluded, the default quarantines', { ...unenrolled, owner: { isExcluded: true } }, {}, {}, 'allow exempt'],
  [
    6,
    'excluded and not licensed',
    { ...unenrolled, owner: { isExcluded: true, isIncluded: false, user: { isLicensed: false } } },
    {},
    {},
    'allow exempt',
  ],
  [
    6,
    'excluded wins over included',
    { owner: { isExcluded: true }, devices: [{ complianceState: 'noncompliant' }] },
    {},
    {},
    'allow exempt',
  ],
  [
    6,
    'excluded, the default allows',
    { ...unenrolled, owner: { isExcluded: true } },
    {},
    { planned: allowing },
    'leave exempt',
  ],
  [
    6,
    'excluded, an access rule names the record',
    { ...unenrolled, owner: { isExcluded: true } },
    {},
    { planned: { defaultLevel: 'block', rules: [rule('DeviceType', 'iPhone', 'block')] } },
    'leave exempt',
  ],
  [7, 'an extra rule', {}, {}, { extraRules: [{ name: 'x', level: 'block', fits: () => true }] }, 'block extraRule'],
  [
    7,
    'an extra rule that does not fit',
    {},
    {},
    { extraRules: [{ name: 'x', level: 'block', fits: () => false }] },
    'allow compliant',
  ],
  [
    7,
    'the first extra rule wins',
    {},
    {},
    {
      extraRules: [
        { name: 'x', level: 'allow', fits: () => true },
        { name: 'y', level: 'block', fits: () => true },
      ],
    },
    'allow extraRule',
  ],
  [
    7,
    'a rule of the policy, exact text with case ignored',
    {},
    { settings: { extraRules: [{ name: 'x', level: 'block', when: { deviceType: 'IPHONE', deviceOs: 'ios 17.4' } }] } },
    {},
    'block extraRule',
  ],
  [
    7,
    'a rule of the policy, one of whose properties does not fit',
    {},
    { settings: { extraRules: [{ name: 'x', level: 'block', when: { deviceType: 'iPhone', deviceOs: 'iOS 17' } }] } },
    {},
    'allow compliant',
  ],
  [8, 'noncompliant', { devices: [{ complianceState: 'noncompliant' }] }, {}, {}, 'quarantine notCompliant'],
  [8, 'conflict', { devices: [{ complianceState: 'conflict' }] }, {}, {}, 'quarantine notCompliant'],
  [8, 'error', { devices: [{ complianceState: 'error' }] }, {}, {}, 'quarantine notCompliant'],
  [
    8,
    'held level is block unless the policy quarantines',
    { devices: [{ complianceState: 'noncompliant' }] },
    { defaultAccessLevel: 'none' },
    {},
    'block notCompliant',
  ],
  [
    8,
    'a level of its own',
    { devices: [{ complianceState: 'noncompliant' }] },
    { settings: { notCompliantLevel: 'block' } },
    {},
    'block notCompliant',
  ],
  [
    8,
    'comes before grandfathering',
    { record: oldPhone, devices: [{ complianceState: 'noncompliant' }] },
    { settings: { grandfather } },
    {},
    'quarantine notCompliant',
  ],
  [
    9,
    'was there before, is allowed now',
    { ...unenrolled, record: oldPhone },
    { settings: { grandfather } },
    {},
    'allow grandfathered',
  ],
  [
    9,
    'was not there before',
    { ...unenrolled, record: { ...oldPhone, firstSync: grandfather.existedBefore } },
    { settings: { grandfather } },
    {},
    'quarantine notEnrolled',
  ],
  [
    9,
    'is not allowed now',
    { ...unenrolled, record: { ...oldPhone, state: 'quarantined' } },
    { settings: { grandfather } },
    {},
    'quarantine notEnrolled',
  ],
  [
    9,
    'the end date has passed',
    { ...unenrolled, record: oldPhone },
    { settings: { grandfather: { ...grandfather, until: '2026-11-21T08:00:00.000Z' } } },
    {},
    'quarantine notEnrolled',
  ],
  [
    9,
    'nobody knows when it came',
    { ...unenrolled, record: { ...oldPhone, firstSync: null } },
    { settings: { grandfather } },
    {},
    'quarantine notEnrolled',
  ],
  [10, 'not registered', { devices: [{ isRegistered: false }] }, {}, {}, 'quarantine notRegistered'],
  [
    10,
    'comes after not compliant',
    { devices: [{ isRegistered: false, complianceState: 'noncompliant' }] },
    {},
    {},
    'quarantine notCompliant',
  ],
  [11, 'compliance unknown', { devices: [{ complianceState: 'unknown' }] }, {}, {}, 'quarantine complianceUnknown'],
  [11, 'configManager', { devices: [{ complianceState: 'configManager' }] }, {}, {}, 'quarantine complianceUnknown'],
  [
    11,
    'a state that this version does not know',
    { devices: [{ complianceState: 'somethingNew' }] },
    {},
    {},
    'quarantine complianceUnknown',
  ],
  [
    11,
    'keeps an allow that easgate made',
    { devices: [{ complianceState: 'unknown' }], mailbox: { allowed: ['APPLana1'] }, entries: [entry('allowed')] },
    {},
    {},
    'allow complianceUnknown',
  ],
  [
    11,
    'an allow that easgate made and somebody took away is no allow',
    { devices: [{ complianceState: 'unknown' }], entries: [entry('allowed')] },
    {},
    {},
    'quarantine complianceUnknown',
  ],
  [
    11,
    'platform exceptions are not asked',
    { record: { deviceType: 'iPad' }, devices: [{ complianceState: 'unknown' }] },
    iPadException,
    {},
    'quarantine complianceUnknown',
  ],
  [12, 'compliant', {}, {}, {}, 'allow compliant'],
  [12, 'in the grace period', { devices: [{ complianceState: 'inGracePeriod' }] }, {}, {}, 'allow inGracePeriod'],
  [12, 'override off', {}, { overrideDefaultRule: false }, {}, 'leave compliant'],
  [
    12,
    'override off, in the grace period',
    { devices: [{ complianceState: 'inGracePeriod' }] },
    { overrideDefaultRule: false },
    {},
    'leave inGracePeriod',
  ],
  [
    12,
    'compliant where a rule blocks the platform',
    {},
    {},
    { planned: { defaultLevel: 'block', rules: [rule('DeviceType', 'iPhone', 'block')] } },
    'allow compliant',
  ],
  [13, 'family', { ...unenrolled, record: { deviceType: 'iPad' } }, iPadException, {}, 'leave platformRule'],
  [13, 'model', unenrolled, modelException, {}, 'leave platformRule'],
  [13, 'an exception with level none is none', unenrolled, noneException, {}, 'quarantine notEnrolled'],
  [
    13,
    'does not excuse an enrolled phone that is not compliant',
    { devices: [{ complianceState: 'noncompliant' }] },
    modelException,
    {},
    'quarantine notCompliant',
  ],
  [
    13,
    'default level none: an exception that would let in is left',
    { ...unenrolled, record: { deviceType: 'iPad' } },
    { ...iPadException, defaultAccessLevel: 'none' },
    {},
    'leave platformRule',
  ],
  [
    13,
    'default level none: an exception that would keep out is no rule',
    unenrolled,
    { ...modelException, defaultAccessLevel: 'none' },
    { planned: allowing },
    'block notEnrolled',
  ],
  [
    14,
    'within the grace',
    { ...unenrolled, record: { firstSync: '2026-11-21T07:51:00Z' } },
    { settings: { newRecordGraceMinutes: 10 } },
    {},
    'leave newRecordGrace',
  ],
  [
    14,
    'past the grace',
    { ...unenrolled, record: { firstSync: '2026-11-21T07:50:00Z' } },
    { settings: { newRecordGraceMinutes: 10 } },
    {},
    'quarantine notEnrolled',
  ],
  [15, 'not enrolled', unenrolled, {}, {}, 'quarantine notEnrolled'],
  [15, 'a level of its own', unenrolled, { settings: { notEnrolledLevel: 'block' } }, {}, 'block notEnrolled'],
  [
    15,
    'the default allows: blocked by its id',
    unenrolled,
    {},
    { planned: allowing },
    'quarantine notEnrolled fallback',
  ],
  [
    15,
    'the default blocks: blocked by its id all the same',
    unenrolled,
    {},
    { planned: blocking },
    'quarantine notEnrolled fallback',
  ],
  [
    15,
    'a rule quarantines: nothing to list',
    unenrolled,
    {},
    { planned: { defaultLevel: 'allow', rules: [rule('DeviceModel', 'iphone14c2', 'quarantine')] } },
    'quarantine notEnrolled',
  ],
  [
    15,
    'a rule allows: blocked by its id',
    unenrolled,
    {},
    { planned: { defaultLevel: 'quarantine', rules: [rule('DeviceOS', 'iOS 17.4', 'allow')] } },
    'quarantine notEnrolled fallback',
  ],
  [
    15,
    'block before quarantine before allow',
    unenrolled,
    {},
    {
      planned: {
        defaultLevel: 'quarantine',
        rules: [rule('UserAgent', 'Apple-iPhone14C2/2104.65', 'block'), rule('DeviceType', 'iPhone', 'quarantine')],
      },
    },
    'quarantine notEnrolled fallback',
  ],
]

// what does not match: as if the phone were not enrolled
const unmatched: readonly (readonly [string, Given])[] = [
  ['another user’s device', { devices: [{ userId: 'user-2' }] }],
  ['another EAS id', { devices: [{ easDeviceId: 'ApplOTHER' }] }],
  ['no EAS id', { devices: [{ easDeviceId: null }] }],
  ['an empty EAS id', { record: { deviceId: 'x' }, devices: [{ easDeviceId: '' }] }],
  ['retired', { devices: [{ managementState: 'retirePending' }] }],
  ['known by ActiveSync only', { devices: [{ managementAgent: 'eas' }] }],
]

describe('the decision table, row by row', () => {
  test.each(rows)('row %i: %s', (_row, _what, given, policyPart, exchange, expected) => {
    const { decisions } = decideMailbox(
      facts(given),
      context({ policy: policy({ ...on, ...policyPart }), planned: quarantining, ...exchange }),
      fullRun,
    )
    const text = decisions.map(({ access, reason, fallback }) => `${access} ${reason}${fallback ? ' fallback' : ''}`)
    expect(text).toEqual([expected])
  })
  test.each(unmatched)('%s does not match', (_what, given) => {
    expect(decideMailbox(facts(given), context(), fullRun).decisions[0]?.reason).toBe('notEnrolled')
  })
  test('adopting leaves the entries of records that never reach row 5', () => {
    const adopt = { settings: { manualEntries: 'adopt' as const } }
    const manual = { mailbox: { allowed: ['ApplANA1'] }, devices: [] }
    for (const given of [
      { ...manual, owner: { isIncluded: false } },
      { ...manual, owner: null },
    ]) {
      expect(decideMailbox(facts(given), context({ policy: policy(adopt) }), fullRun).changes).toEqual([])
    }
    const off = decideMailbox(facts(manual), context({ policy: policy({ ...adopt, enabled: false }) }), fullRun)
    expect(off.changes).toEqual([])
  })
  test('on the lists a blank makes another id', () => {
    const given = { record: { deviceId: ' ApplANA1' }, mailbox: { allowed: ['ApplANA1'] }, devices: [] }
    expect(decideMailbox(facts(given), context(), fullRun).decisions[0]?.reason).toBe('notEnrolled')
  })
  test('trimmed, case ignored: the EAS ids match', () => {
    const verdict = decideMailbox(facts({ devices: [{ easDeviceId: ' applana1 ' }] }), context(), fullRun)
    expect(verdict.decisions).toEqual([{ access: 'allow', reason: 'compliant', intuneDeviceId: 'intune-1' }])
  })
  test('of several enrolments the newest decides, then the lowest id, in whatever order they come', () => {
    const old = { id: 'c', complianceState: 'noncompliant', lastSync: '2026-11-19T00:00:00Z' }
    const twins = [
      { id: 'b', complianceState: 'noncompliant' },
      { id: 'a', complianceState: 'compliant' },
    ]
    for (const devices of [[old, ...twins], [...twins, old].toReversed()]) {
      expect(decideMailbox(facts({ devices }), context(), fullRun).decisions[0]?.intuneDeviceId).toBe('a')
    }
  })
})
