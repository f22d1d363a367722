/** How many records a second one core matches, decides and plans. Floor: JSON.parse of the same records. */
import { decideMailbox } from '../functions/core/decideMailbox.ts'
import { makeContext } from '../functions/core/decisionContext.ts'
import { defaultPolicy } from '../functions/core/settings.ts'
import { tallyMailbox, type Tally } from '../functions/core/tally.ts'
import { median, round, timed, type Bench } from './bench.ts'
import { sampleFacts } from './sampleFacts.ts'

const goal = 300_000
const rounds = 5

export const core: Bench = async ({ records = 150_000 }) => {
  const facts = sampleFacts(Math.ceil(records / 1.5))
  const count = facts.reduce((sum, one) => sum + one.records.length, 0)
  const policy = {
    ...defaultPolicy,
    enabled: true,
    defaultAccessLevel: 'quarantine' as const,
    exceptions: [{ type: 'family' as const, name: 'iPad', level: 'allow' as const }],
  }
  const rules = [{ guid: 'r', queryString: 'WP8', characteristic: 'DeviceType', level: 'block' as const }]
  const context = makeContext({
    policy,
    current: { defaultLevel: 'allow', rules },
    planned: { defaultLevel: 'quarantine', rules },
    now: new Date('2026-11-21T08:00:00Z'),
    extraRules: [],
  })
  const run = { id: 'run-1', kind: 'full' as const }
  const texts = facts.map((one) => JSON.stringify(one))
  const decideAll = () => {
    const tally: Tally = {}
    for (const one of facts) tallyMailbox(tally, one, decideMailbox(one, context, run))
  }
  const parseAll = () => {
    for (const text of texts) JSON.parse(text)
  }
  decideAll()
  const deciding: number[] = []
  const parsing: number[] = []
  for (let i = 0; i < rounds; i++) {
    parsing.push(await timed(parseAll))
    deciding.push(await timed(decideAll))
  }
  const perSecond = (ms: readonly number[]) => round((count / median(ms)) * 1000)
  return {
    rows: [
      { what: 'match, decide, plan', records: count, 'records/s': perSecond(deciding) },
      { what: 'JSON.parse of the same', records: count, 'records/s': perSecond(parsing) },
    ],
    figures: [
      {
        name: 'core',
        value: perSecond(deciding),
        unit: 'records/s on one core',
        goal: `at least ${goal.toLocaleString('en-US')}`,
        isReached: perSecond(deciding) >= goal,
      },
      {
        name: 'time beside JSON.parse',
        value: round(median(deciding) / median(parsing), 2),
        unit: '×',
        goal: 'for scale',
        isReached: true,
      },
    ],
  }
}
