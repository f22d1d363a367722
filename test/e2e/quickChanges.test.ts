import { expect, test } from 'vitest'
import { expectAudited, expectedPictures, expectedSteps, takeSteps } from './scenarioSteps.ts'

const changes = expectedSteps('changes')

test('a quick sync catches every change, and touches nobody else', async () => {
  const later = { DevHalsSecond: 'hal, second phone', DevIdaAfterReset: 'ida, after the reset' }
  const { pictures, outputs, kinds } = await takeSteps('changes', changes, later)
  expect(pictures).toEqual(expectedPictures(changes))
  expect(kinds).toEqual(changes.map((_, index) => (index === 0 ? 'full' : 'quick')))
  expectAudited(outputs)
  // Twenty whole syncs: seconds each where others use the processors too
}, 240_000)

/** Issue 5, "Quick sync": changes it must catch. */
const changesToCatch = [
  'compliant → noncompliant',
  'noncompliant → compliant',
  'enrolled',
  'retired',
  'licence given',
  'licence taken',
  'joins an included group',
  'leaves an included group',
  'joins an included group through a nested one',
  'leaves an included group through a nested one',
  'joins an excluded group',
  'leaves an excluded group',
  'joins an excluded group through a nested one',
  'leaves an excluded group through a nested one',
  'new EAS partnership',
  'device reset (new DeviceId)',
  'mail address of the mailbox changed',
  'mail address of the user changed',
  'policy edited',
]

test.each(changesToCatch.map((change) => [change]))('the scenario has the change: %s', (change) => {
  const found = changes.find(({ what }) => what === change)
  expect(Object.keys(found?.changed ?? {})).not.toEqual([])
})
