import { expect, test } from 'vitest'
import { withFound, type StaleRecord, type StaleReport } from '../../functions/core/stale.ts'

const report: StaleReport = {
  days: 90,
  cutoff: '2026-08-23T08:00:00.000Z',
  limits: null,
  isWhole: false,
  records: 0,
  found: 0,
  byModel: {},
  left: {},
  refusal: null,
}
const stale = (model: string | null): StaleRecord => ({
  kind: 'stale',
  mailboxGuid: 'm1',
  record: 'r1',
  deviceId: 'D1',
  type: null,
  model,
  user: null,
  lastSync: '2026-01-01T00:00:00.000Z',
})

test('a phone may call its model what it likes: each is counted, again after the report was stored', () => {
  const models = ['constructor', '__proto__', 'toString', 'iPhone14C2', null]
  const once = withFound(report, models.map(stale))
  const twice = withFound(JSON.parse(JSON.stringify(once)) as StaleReport, models.map(stale))
  const counts = Object.entries(twice.byModel)
  expect(counts).toEqual(models.map((model) => [model ?? 'unknown', 2]))
  expect(twice.found).toBe(10)
})

test('models beyond two hundred are counted as one', () => {
  const many = Array.from({ length: 203 }, (_, index) => stale(`model ${index}`))
  expect(withFound(report, many).byModel['other']).toBe(3)
})
