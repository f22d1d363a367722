import { expect, test } from 'vitest'
import { isLicensed } from '../../functions/core/license.ts'

test.each([
  ['Enabled', true],
  ['Warning', true],
  ['Suspended', false],
  ['Deleted', false],
  ['LockedOut', false],
  ['brandNew', false],
  [null, false],
])('a plan in state %s licenses: %s', (capabilityStatus, expected) => {
  expect(isLicensed([{ servicePlanId: 'A', capabilityStatus }], ['a'])).toBe(expected)
})

test.each([
  ['no plan', [], ['a'], false],
  ['another plan', ['b'], ['a'], false],
  ['a plan without an id', [null], ['a'], false],
  ['the plan in another case', ['c1EC'], ['C1ec'], true],
  ['the second of two plans wanted', ['b'], ['a', 'b'], true],
  ['a plan where none is wanted', ['a'], [], false],
])('%s', (_title, held, wanted, expected) => {
  const plans = held.map((servicePlanId) => ({ servicePlanId, capabilityStatus: 'Enabled' }))
  expect(isLicensed(plans, wanted)).toBe(expected)
})

test('a suspended plan beside a working one licenses', () => {
  const plans = ['Suspended', 'Enabled'].map((capabilityStatus) => ({ servicePlanId: 'a', capabilityStatus }))
  expect(isLicensed(plans, ['a'])).toBe(true)
})
