import { afterEach, describe, expect, test } from 'vitest'
import type { LocalRelay } from '../../sim/local/localRelay.ts'
import { company } from './company.ts'
import { childrenOf } from './processes.ts'
import { expectUndisturbed, startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'
import { until } from './until.ts'

afterEach(stopCompanies)

const sixtyPeople = company(60)
const fourPeople = company(4)

describe('a process on premises is killed (kill -9) in the middle of apply', () => {
  test.each([
    ['the relay that serves the conversation, of two', 1, ({ child }: LocalRelay) => child.pid],
    ['the PowerShell child of the only relay', 0, shellOf],
  ])(
    '%s: the run ends as if nothing had happened',
    async (_what, others, victim) => {
      const running = await startCompany(sixtyPeople)
      for (let i = 0; i < others; i++) await running.stack.addRelay({ approve: true })
      await running.slowDown({ 'Set-CASMailbox': 150 })
      const runId = await running.askForFullSync()
      await until('some commands were run', async () => (await running.journal()).length >= 8)
      const serving = running.stack.relays.find((relay) => hasServed(relay, runId))
      if (!serving) throw new Error('no relay says that it serves the run')
      process.kill(victim(serving), 'SIGKILL')
      // In the middle: most commands are still to come
      expect((await running.journal()).length).toBeLessThan(sixtyPeople.changes / 2)
      await running.slowDown({})

      const run = await running.ended(runId)
      expect([run.state, run.failure]).toEqual(['done', null])
      expect(run.counts['outcome.failed'] ?? 0).toBe(0)
      const heir = running.stack.relays.find((relay) => others === 0 || relay !== serving)
      expect(heir && hasServed(heir, runId)).toBe(true)
      await expectUndisturbed(running, runId, sixtyPeople)
    },
    120_000,
  )
})

describe('a relay that nobody approved', () => {
  test('is listed as pending and refused; a run fails of it only when it is the only one, and not once it is approved', async () => {
    const running = await startCompany(fourPeople)
    const { stack } = running
    const [approved] = stack.relays
    const stranger = await stack.addRelay({ approve: false })
    if (!approved) throw new Error('there is no first relay')
    // Beside an approved one it does no harm, whichever of the two the rendezvous chooses
    expect(await sync(running)).toEqual(['done', null])
    expect(hasServed(stranger, '')).toBe(false)

    await approved.child.stop()
    await decide(running, approved, 'reject')
    expect(await sync(running)).toEqual(['failed', 'relayNotApproved'])
    expect(hasServed(stranger, '')).toBe(false)
    const listed = (await running.relays()).map(({ fingerprint, state }) => [fingerprint, state])
    expect(Object.fromEntries(listed)).toEqual({
      [approved.fingerprint]: 'rejected',
      [stranger.fingerprint]: 'pending',
    })

    await decide(running, stranger, 'approve')
    expect(await sync(running)).toEqual(['done', null])
    expect(hasServed(stranger, '')).toBe(true)
  }, 120_000)
})

/** Whether the relay logged a batch whose id begins so: the batches of an apply begin with the run's id. */
function hasServed({ child }: LocalRelay, idStart: string): boolean {
  return child.lastLines().includes(`"event":"relay.batch","batchId":"${idStart}`)
}

function shellOf({ child }: LocalRelay): number {
  const [pid, ...others] = childrenOf(child.pid)
  if (pid === undefined || others.length > 0) throw new Error('the relay has not exactly one child')
  return pid
}

/** Ends of a full sync: state, and the failure's code. */
async function sync(running: RunningCompany): Promise<[string, string | null]> {
  const { state, failure } = await running.ended(await running.askForFullSync())
  return [state, failure?.code ?? null]
}

async function decide({ stack }: RunningCompany, { fingerprint }: LocalRelay, word: 'approve' | 'reject') {
  await stack.app.send('POST', `/easgate/connectors/local/relays/${fingerprint}/${word}`)
}
