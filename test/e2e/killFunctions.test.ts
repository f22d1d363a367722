import { afterEach, describe, expect, test } from 'vitest'
import type { Run } from '../../functions/core/run.ts'
import type { Store } from '../../functions/portsStore.ts'
import { tableStore } from '../../functions/store/tableStore.ts'
import { sha256 } from '../../functions/store/verifyAudit.ts'
import { connectorId } from '../../sim/local/stack.ts'
import { company } from './company.ts'
import { expectUndisturbed, startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'
import { until } from './until.ts'

afterEach(stopCompanies)

const sixtyPeople = company(60)

/** What a test sees of a run from outside: its row, its changes, and what Exchange was told so far. */
interface Seen {
  readonly run: Run
  /** Changes that let phones in by list; decide writes them partition by partition. */
  readonly firstPhase: number
  readonly open: number
  readonly journaled: number
}

/** The host dies at each of these moments, is started again, and dies at the next. */
const deaths = [
  {
    what: 'mailboxes are read',
    slow: { 'Get-CASMailbox': 1_000 },
    moments: [{ step: 'gatherMailboxes', isThere: ({ run }: Seen) => run.claim !== null }],
  },
  {
    what: 'partitions are decided',
    slow: {},
    moments: [{ step: 'decide', isThere: ({ firstPhase }: Seen) => firstPhase > 0 }],
  },
  {
    what: 'commands are sent, twice',
    slow: { 'Set-CASMailbox': 150 },
    moments: [
      { step: 'apply', isThere: ({ journaled }: Seen) => journaled >= 5 },
      { step: 'apply', isThere: ({ journaled, open }: Seen) => journaled >= 20 && open > 5 },
    ],
  },
] as const

describe('the Functions host is killed (kill -9)', () => {
  test.each(deaths.map((one) => [one.what, one] as const))(
    'while %s: the run ends as if nothing had happened',
    async (_what, { slow, moments }) => {
      const running = await startCompany(sixtyPeople, { visibilityMs: 2_000 })
      const { stack } = running
      const store = tableStore({ service: stack.storage, hash: sha256 })
      await running.slowDown(slow)
      const runId = await running.askForFullSync()
      for (const { step, isThere } of moments) {
        await until(`the moment of death in ${step}`, async () => {
          const seen = await look(running, store, runId)
          return seen.run.step === step && isThere(seen)
        })
        stack.functions().kill()
        await stack.functions().ended
        // It died in the middle of that step, not before and not after
        const dead = await look(running, store, runId)
        expect([dead.run.state, dead.run.step, dead.run.claim === null]).toEqual(['running', step, false])
        if (step === 'apply') expect(dead.open).toBeGreaterThan(0)
        else expect(dead.firstPhase).toBeLessThan(30)
        await stack.startFunctionsAgain()
      }
      await running.slowDown({})
      const run = await running.ended(runId)
      expect([run.state, run.failure]).toEqual(['done', null])
      await expectUndisturbed(running, runId, sixtyPeople)
    },
    120_000,
  )
})

async function look(running: RunningCompany, store: Store, runId: string): Promise<Seen> {
  const run = (await store.run(connectorId, runId))?.value
  if (!run) throw new Error(`there is no run ${runId}`)
  const [changes, journal] = await Promise.all([store.changes(connectorId, runId, '', null, 1_000), running.journal()])
  return {
    run,
    firstPhase: changes.filter(({ change }) => 'phase' in change && change.phase === 1).length,
    open: changes.filter(({ outcome }) => outcome === null).length,
    journaled: journal.length,
  }
}
