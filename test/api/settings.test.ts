import { describe, expect, test } from 'vitest'
import { defaultPolicy, defaultSettings } from '../../functions/core/settings.ts'
import type { Policy, Settings } from '../../functions/core/types.ts'
import { api, graphError, personId } from './apiFixture.ts'

const path = '/easgate/connectors/contoso/settings'
const stored = async (app: ReturnType<typeof api>) => (await app.store.document('contoso', 'policy'))?.value ?? null
const guid = '0B5C0D1E-0000-4000-8000-0000000000AA'

test('settings that nobody has set are the defaults', async () => {
  expect(await api().call('GET', path)).toMatchObject({ status: 200, body: defaultSettings })
})

test('a setting that a newer version added has its default in a policy that was stored before', async () => {
  const app = api()
  const { stop: _missing, ...old } = { ...defaultSettings, newRecordGraceMinutes: 5 }
  const policy: Policy = JSON.parse(JSON.stringify({ ...defaultPolicy, settings: old }))
  await app.store.saveDocument('contoso', 'policy', policy, null)
  expect((await app.call('GET', path)).body).toEqual({ ...defaultSettings, newRecordGraceMinutes: 5 })
})

describe('PATCH changes only what is sent', () => {
  const pin = { record: guid, access: 'allow', note: 'CEO', until: '2026-12-01T00:00:00+01:00' }
  const cases: [string, unknown, Partial<Settings>][] = [
    ['plans, each once', { intunePlanIds: ['p1', 'p2', 'p1'] }, { intunePlanIds: ['p1', 'p2'] }],
    ['manual entries', { manualEntries: 'adopt' }, { manualEntries: 'adopt' }],
    [
      'levels',
      { notCompliantLevel: 'block', notEnrolledLevel: 'quarantine' },
      { notCompliantLevel: 'block', notEnrolledLevel: 'quarantine' },
    ],
    ['a level taken back', { notCompliantLevel: null }, { notCompliantLevel: null }],
    [
      'grandfathering, in UTC',
      { grandfather: { existedBefore: '2026-11-01T00:00:00+02:00', until: '2027-01-01T00:00:00Z' } },
      { grandfather: { existedBefore: '2026-10-31T22:00:00.000Z', until: '2027-01-01T00:00:00.000Z' } },
    ],
    ['no grandfathering', { grandfather: null }, { grandfather: null }],
    ['grace', { newRecordGraceMinutes: 30 }, { newRecordGraceMinutes: 30 }],
    [
      'pins, Guids in lower case',
      { pins: [pin, { record: guid.replace('AA', 'AB'), access: 'block' }] },
      {
        pins: [
          { record: guid.toLowerCase(), access: 'allow', note: 'CEO', until: '2026-11-30T23:00:00.000Z' },
          { record: guid.replace('AA', 'AB').toLowerCase(), access: 'block', note: '', until: null },
        ],
      },
    ],
    [
      'extra rules of every kind',
      {
        extraRules: [
          {
            name: 'a',
            level: 'block',
            when: { deviceType: 'x', deviceModel: { like: 'y*' }, userAgent: { matches: 'z' } },
          },
          { name: 'b', level: 'allow', when: { user: 'ana@contoso.com', group: 'g1', daysWithoutSync: 30 } },
          { name: 'c', level: 'quarantine', when: { osVersion: { from: '16', below: '17.4' } } },
        ],
      },
      {
        extraRules: [
          {
            name: 'a',
            level: 'block',
            when: { deviceType: 'x', deviceModel: { like: 'y*' }, userAgent: { matches: 'z' } },
          },
          { name: 'b', level: 'allow', when: { user: 'ana@contoso.com', group: 'g1', daysWithoutSync: 30 } },
          { name: 'c', level: 'quarantine', when: { osVersion: { from: '16', below: '17.4' } } },
        ],
      },
    ],
    ['a scope', { scope: { servers: ['EX1'] } }, { scope: { organizationalUnits: [], servers: ['EX1'] } }],
    ['one limit', { limits: { maxLosing: 7 } }, { limits: { ...defaultSettings.limits, maxLosing: 7 } }],
    ['no limit', { limits: {} }, {}],
    [
      'times of full syncs, each once and in order',
      { schedule: { fullSyncAt: ['14:00', '02:00', '14:00'] } },
      { schedule: { quickMinutes: 1, fullSyncAt: ['02:00', '14:00'] } },
    ],
    ['no quick syncs', { schedule: { quickMinutes: null } }, { schedule: { quickMinutes: null, fullSyncAt: null } }],
    [
      'a clean-up with its defaults',
      { staleCleanup: { days: 90 } },
      { staleCleanup: { days: 90, maxPerRun: 100, maxShare: 0.2 } },
    ],
    ['no clean-up', { staleCleanup: null }, {}],
    ['switches', { stop: true, reportOnly: true }, { stop: true, reportOnly: true }],
    ['nothing', {}, {}],
  ]
  test.each(cases)('%s', async (_title, body, expected) => {
    const app = api()
    const got = await app.call('PATCH', path, { body })
    expect(got).toMatchObject({ status: 200, body: { ...defaultSettings, ...expected } })
    expect(got.body).toEqual({ ...defaultSettings, ...expected })
    expect((await app.call('GET', path)).body).toEqual(got.body)
  })
})

test('the settings as they were read can be sent back, and Graph’s part of the policy stays', async () => {
  const app = api()
  await app.call('PATCH', '/v1.0/deviceManagement/conditionalAccessSettings', { body: { enabled: true } })
  await app.call('PATCH', path, { body: { stop: true } })
  const { body } = await app.call('GET', path)
  await app.call('PATCH', path, { body })
  expect(await stored(app)).toEqual({ ...defaultPolicy, enabled: true, settings: { ...defaultSettings, stop: true } })
})

test('the audit has the settings that changed, and who changed them', async () => {
  const app = api()
  await app.call('PATCH', path, { body: { stop: true, reportOnly: false, limits: { maxLosing: 7 } } })
  const before = { limits: defaultSettings.limits, stop: false }
  const after = { limits: { ...defaultSettings.limits, maxLosing: 7 }, stop: true }
  const row = { actor: personId, action: 'settingsChanged', subject: 'contoso', runId: null, before, after }
  expect(await app.store.audit('contoso', 1, 9)).toMatchObject([
    { ...row, outcome: 'asked' },
    { ...row, outcome: 'done' },
  ])
})

describe('400, and nothing is written', () => {
  const date = 'must be a date and time such as 2026-11-21T08:00:00Z'
  const pin = { record: guid, access: 'allow' }
  const cases: [string, unknown, string][] = [
    [
      'unknown setting',
      { limit: 3 },
      'unknown: limit; known are intunePlanIds, manualEntries, notCompliantLevel, notEnrolledLevel, grandfather, newRecordGraceMinutes, pins, extraRules, scope, limits, exchange, mailboxPolicy, drift, stop, reportOnly, notification, schedule, staleCleanup',
    ],
    [
      'unknown limit',
      { limits: { max: 3 } },
      'limits: unknown: max; known are maxLosingShare, minPopulation, maxLosing, maxShrinkShare, maxPolicyAssignments, heldHours',
    ],
    ['no plan', { intunePlanIds: [] }, 'intunePlanIds: Too small: expected array to have >=1 items'],
    [
      'wrong word',
      { manualEntries: 'ignore' },
      'manualEntries: Invalid option: expected one of "respect"|"override"|"adopt"',
    ],
    [
      'a level that holds nobody',
      { notEnrolledLevel: 'allow' },
      'notEnrolledLevel: Invalid option: expected one of "block"|"quarantine"',
    ],
    [
      'a share in percent',
      { limits: { maxLosingShare: 10 } },
      'limits.maxLosingShare: Too big: expected number to be <=1',
    ],
    ['a negative number', { limits: { maxLosing: -1 } }, 'limits.maxLosing: Too small: expected number to be >=0'],
    [
      'half a device',
      { limits: { minPopulation: 1.5 } },
      'limits.minPopulation: Invalid input: expected int, received number',
    ],
    [
      'a grace without end',
      { newRecordGraceMinutes: 43_201 },
      'newRecordGraceMinutes: Too big: expected number to be <=43200',
    ],
    [
      'dates reversed',
      { grandfather: { existedBefore: '2027-01-01T00:00:00Z', until: '2026-12-01T00:00:00Z' } },
      'grandfather.until: ends (2026-12-01T00:00:00.000Z) before the date that devices must have existed by (2027-01-01T00:00:00.000Z); exchange the two dates',
    ],
    ['one date', { grandfather: { existedBefore: '2027-01-01T00:00:00Z' } }, `grandfather.until: ${date}`],
    [
      'a day without time',
      { grandfather: { existedBefore: '2026-01-01', until: '2027-01-01T00:00:00Z' } },
      `grandfather.existedBefore: ${date}`,
    ],
    ['a day that is none', { pins: [{ ...pin, until: '2026-02-30T00:00:00Z' }] }, `pins.0.until: ${date}`],
    ['a pin of no record', { pins: [{ ...pin, record: 'x' }] }, 'pins.0.record: must be the Guid of an EAS record'],
    [
      'a pin to quarantine',
      { pins: [{ ...pin, access: 'quarantine' }] },
      'pins.0.access: Invalid option: expected one of "allow"|"block"',
    ],
    [
      'a note of two lines',
      { pins: [{ ...pin, note: 'a\nb' }] },
      'pins.0.note: must be one line without control characters',
    ],
    [
      'a record pinned twice',
      { pins: [pin, { record: guid.toLowerCase(), access: 'block' }] },
      `pins.1.record: the record ${guid.toLowerCase()} is pinned twice; keep one of the two`,
    ],
    [
      'an extra rule that names nothing',
      { extraRules: [{ name: 'kiosk', level: 'allow', when: {} }] },
      'extraRules.0.when: must name at least one property',
    ],
    [
      'two extra rules of one name',
      { extraRules: ['allow', 'block'].map((level) => ({ name: 'kiosk', level, when: { deviceType: 'iPad' } })) },
      'extraRules.1.name: the name kiosk is given twice; give each rule its own',
    ],
    [
      'an expression that does not compile',
      { extraRules: [{ name: 'kiosk', level: 'allow', when: { userAgent: { matches: 'a(' } } }] },
      'extraRules.0.when: rule "kiosk": the expression "a(" does not compile: missing closing ): `a(`; write it in the syntax of RE2 (no look-ahead, no back-reference)',
    ],
    [
      'an unknown property of a rule',
      { extraRules: [{ name: 'kiosk', level: 'allow', when: { model: 'x' } }] },
      'extraRules.0.when: unknown: model; known are deviceId, deviceType, deviceModel, deviceOs, userAgent, user, osVersion, group, daysWithoutSync; extraRules.0.when: must name at least one property',
    ],
    [
      'a test of no kind',
      { extraRules: [{ name: 'kiosk', level: 'allow', when: { deviceType: { regex: 'x' } } }] },
      'extraRules.0.when.deviceType: must be a text of 1 to 256 characters (exactly that, case ignored), or {"like": "iPhone*"} with * and ?, or {"matches": "expression"}',
    ],
    [
      'contradictory rules',
      {
        extraRules: [
          { name: 'in', level: 'allow', when: { deviceType: 'iPad', osVersion: { below: '17' } } },
          { name: 'out', level: 'block', when: { osVersion: { below: '17.0' }, deviceType: { like: 'IPAD' } } },
        ],
      },
      'extraRules.1.when: the rules "in" and "out" have the same conditions and contradict each other (allow and block); keep one of the two',
    ],
    [
      'a rule twice',
      {
        extraRules: ['a', 'b'].map((name) => ({ name, level: 'block', when: { group: 'g' } })),
      },
      'extraRules.1.when: the rules "a" and "b" have the same conditions; keep one of the two',
    ],
    [
      'versions reversed',
      { extraRules: [{ name: 'old', level: 'block', when: { osVersion: { from: '17.4', below: '16' } } }] },
      'extraRules.0.when.osVersion: from is not older than below, so that no version fits; exchange the two',
    ],
    [
      'a version that is none',
      { extraRules: [{ name: 'old', level: 'block', when: { osVersion: { below: 'iOS 17' } } }] },
      'extraRules.0.when.osVersion.below: must be a version such as "17.4", in quotes',
    ],
    [
      'groups that cannot be meant',
      {
        extraRules: [
          { name: 'a', level: 'block', when: { group: 'gone-1' } },
          { name: 'b', level: 'block', when: { group: 'empty-1' } },
        ],
      },
      'extraRules: the group empty-1 has no users in it, directly or through groups; add them first, leave the group out, or send ?allowEmptyGroups=true if they are to join it later; extraRules: there is no group gone-1; check its object id in Entra, or leave it out',
    ],
    [
      'a unit that is none',
      { scope: { organizationalUnits: ['Sales'] } },
      'scope.organizationalUnits.0: must be a distinguished name such as OU=Sales,DC=contoso,DC=com',
    ],
    ...['2:00', '24:00', '02:60', '0 0 2 * * *'].map((time): [string, unknown, string] => [
      `a time of day that is none: ${time}`,
      { schedule: { fullSyncAt: [time] } },
      'schedule.fullSyncAt.0: must be a time of day in UTC with two digits each, such as 02:00',
    ]),
    [
      'no time of day',
      { schedule: { fullSyncAt: [] } },
      'schedule.fullSyncAt: names no time; give one such as 02:00, or null for the times of FULL_SYNC_SCHEDULE',
    ],
    [
      'quick syncs rarer than a day',
      { schedule: { quickMinutes: 1441 } },
      'schedule.quickMinutes: Too big: expected number to be <=1440',
    ],
    [
      'a clean-up of what is not old',
      { staleCleanup: { days: 13 } },
      'staleCleanup.days: Too small: expected number to be >=14',
    ],
    ['null for a list', { pins: null }, 'pins: Invalid input: expected array, received null'],
  ]
  test.each(cases)('%s', async (_title, body, message) => {
    const app = api()
    const got = await app.call('PATCH', path, { body })
    expect(got).toMatchObject({ status: 400, body: graphError('badRequest', message) })
    expect(await stored(app)).toBeNull()
  })
})
