import { describe, expect, test } from 'vitest'
import { decisionTable } from '../../functions/core/decisionTable.ts'
import type { Reason } from '../../functions/core/types.ts'
import { expectAudited, expectedPictures, expectedSteps, takeSteps } from './scenarioSteps.ts'

const rows = expectedSteps('rows')

test('every row of the decision table, and what comes before it, at every default access level and setting', async () => {
  const { pictures, outputs } = await takeSteps('rows', rows)
  expect(pictures).toEqual(expectedPictures(rows))
  expectAudited(outputs)
  // A dozen whole syncs: seconds each where others use the processors too
}, 240_000)

/** Row of the table by reason (design.md 6). A reason that is new must be given its row here, and then a scenario. */
const rowOf: Readonly<Record<Reason, number>> = {
  notEvaluated: 1,
  unresolvedUser: 2,
  pinned: 3,
  outOfScope: 4,
  manualEntry: 5,
  exempt: 6,
  extraRule: 7,
  notCompliant: 8,
  grandfathered: 9,
  notRegistered: 10,
  complianceUnknown: 11,
  compliant: 12,
  inGracePeriod: 12,
  platformRule: 13,
  newRecordGrace: 14,
  notEnrolled: 15,
}

describe('the scenario leaves nothing out', () => {
  /** Everything that is expected of somebody whose name says the row. */
  const texts = rows.flatMap(({ changed }) => Object.entries(changed))

  test.each(decisionTable.map(({ row }) => [row]))('row %i decides somebody whose name says so', (row) => {
    const reasons = Object.entries(rowOf).flatMap(([reason, number]) => (number === row ? [reason] : []))
    expect(reasons).not.toEqual([])
    const name = `r${String(row).padStart(2, '0')}-`
    for (const reason of reasons) {
      const found = texts.filter(([who, text]) => who.startsWith(name) && text?.includes(` ${reason} → `))
      expect(found, `${reason}: rows.expected.json has nobody`).not.toEqual([])
    }
  })

  test.each([
    ['block', 'Block'],
    ['quarantine', 'Quarantine'],
    ['allow', 'Allow'],
    ['none', 'Allow'],
  ])('default access level %s', (level, left) => {
    const found = rows.find(({ what }) => what.startsWith(`default access level ${level}`))
    expect(found?.default).toBe(left)
  })

  test('override off, the fallback of a quarantine, entries by hand overridden and adopted, the end of grandfathering', () => {
    const whats = rows.map(({ what }) => what)
    expect(whats).toEqual(
      expect.arrayContaining(['override off', 'entries by hand: override', 'entries by hand: adopt']),
    )
    expect(whats).toEqual(expect.arrayContaining(['grandfathering has ended', 'policy off']))
    expect(texts.filter(([, text]) => text?.startsWith('quarantine/block ')).length).toBeGreaterThan(3)
  })
})
