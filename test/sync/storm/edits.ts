/** What administrators may change of a policy, as random edits. */
import fc from 'fast-check'
import type { Policy, Settings } from '../../../functions/core/types.ts'

const day = 86_400_000
/** The clock of the fakes begins on 2026-11-21 at eight. */
const at = (days: number) => new Date(Date.parse('2026-11-21T08:00:00Z') + days * day).toISOString()

export const policyEdits = fc.oneof(
  fc.record({ enabled: fc.constantFrom(true, true, true, true, false) }),
  fc.record({ overrideDefaultRule: fc.boolean() }),
  fc.record({ defaultAccessLevel: fc.constantFrom('allow', 'block', 'quarantine', 'quarantine', 'none') }),
  fc.record({ includedGroups: fc.constantFrom(['staff'], ['nested'], ['staff', 'kiosk']) }),
  fc.record({ excludedGroups: fc.constantFrom([], ['vip'], ['kiosk']) }),
  fc.record({
    exceptions: fc.array(
      fc.record({
        type: fc.constant('family'),
        name: fc.constantFrom('iPad', 'WP8'),
        level: fc.constantFrom('allow', 'block', 'quarantine', 'none'),
      }),
      { maxLength: 1 },
    ),
  }),
) as fc.Arbitrary<Partial<Policy>>

export const settingsEdits = fc.oneof(
  fc.record({ notCompliantLevel: fc.constantFrom('block', 'quarantine', null) }),
  fc.record({ notEnrolledLevel: fc.constantFrom('block', 'quarantine', null) }),
  fc.record({ newRecordGraceMinutes: fc.constantFrom(0, 10, 1440) }),
  fc.record({
    grandfather: fc.option(
      fc.record({
        existedBefore: fc.constantFrom(at(-15), at(-30)),
        until: fc.constantFrom(at(-1), at(0.02), at(1.5)),
      }),
    ),
  }),
  fc.record({
    extraRules: fc.constantFrom(
      [],
      [{ name: 'kiosks', level: 'allow', when: { group: 'kiosk' } }],
      [{ name: 'silent', level: 'block', when: { daysWithoutSync: 2 } }],
    ),
  }),
  fc.record({ scope: fc.record({ organizationalUnits: fc.constant([]), servers: fc.constantFrom([], ['EX1']) }) }),
  fc.record({ stop: fc.constantFrom(false, false, false, false, true) }),
  fc.record({ reportOnly: fc.constantFrom(false, false, false, false, true) }),
  fc.constant({
    limits: { maxLosingShare: 0.3, minPopulation: 3, maxLosing: 500, maxShrinkShare: 0.5, heldHours: 24 },
  }),
  fc.record({
    notification: fc.record({
      subject: fc.constant('Mail'),
      templates: fc.constant({}),
      waitMinutes: fc.constantFrom(0, 0, 30),
      digestTo: fc.constant([]),
    }),
  }),
) as fc.Arbitrary<Partial<Settings>>
