import { describe, expect, test } from 'vitest'
import { checkLimits, type PlanNumbers } from '../../functions/core/limits.ts'
import { defaultLimits } from '../../functions/core/settings.ts'

const inventory = { records: 100, intuneDevices: 80, usersInScope: 90, groupSizes: { staff: 90 } }
const calm: PlanNumbers = { nowAllowed: 100, losing: 0, inventory, lastInventory: inventory, includedGroups: ['staff'] }

// what | numbers | the limit that refuses
const rows: readonly (readonly [string, Partial<PlanNumbers>, string | null])[] = [
  ['nothing happens', {}, null],
  ['a tenth loses access', { losing: 10 }, null],
  ['more than a tenth', { losing: 11 }, 'losingShare'],
  ['more than a tenth of few', { nowAllowed: 19, losing: 19 }, null],
  ['more than a tenth of just enough', { nowAllowed: 20, losing: 3 }, 'losingShare'],
  ['many, though a small share', { nowAllowed: 100_000, losing: 501 }, 'losingNumber'],
  ['as many as are allowed', { nowAllowed: 100_000, losing: 500 }, null],
  ['the first run has nothing to compare with', { inventory: { ...inventory, records: 0 }, lastInventory: null }, null],
  ['a fifth of the records is gone', { inventory: { ...inventory, records: 80 } }, null],
  ['more than a fifth of the records is gone', { inventory: { ...inventory, records: 79 } }, 'shrunkInventory'],
  [
    'more than a fifth of the Intune devices is gone',
    { inventory: { ...inventory, intuneDevices: 63 } },
    'shrunkInventory',
  ],
  [
    'more than a fifth of the users in scope is gone',
    { inventory: { ...inventory, usersInScope: 71 } },
    'shrunkInventory',
  ],
  [
    'a small inventory may shrink',
    { inventory: { ...inventory, records: 1 }, lastInventory: { ...inventory, records: 19 } },
    null,
  ],
  ['an included group became empty', { inventory: { ...inventory, groupSizes: {} } }, 'emptyGroup'],
  ['as many mailboxes as may get another mailbox policy', { reassigned: 500 }, null],
  ['one more', { reassigned: 501 }, 'policyAssignments'],
  ['a group that always was empty', { includedGroups: ['none'] }, null],
]

describe('limits', () => {
  test.each(rows)('%s', (_what, numbers, limit) => {
    expect(checkLimits({ ...calm, ...numbers }, defaultLimits)?.limit ?? null).toBe(limit)
  })
  test('a refusal names the numbers, the limit and the remedy', () => {
    expect(checkLimits({ ...calm, losing: 11 }, defaultLimits)).toEqual({
      limit: 'losingShare',
      what: null,
      number: 11,
      of: 100,
      allowed: 0.1,
      message:
        '11 of 100 allowed devices (11 %) would lose access; the limit is 10 %. Look at the plan; if it is what you want, approve this run, else reject it. The limit is a setting of the connector.',
    })
  })
})
