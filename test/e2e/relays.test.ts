import { afterEach, describe, expect, test } from 'vitest'
import type { RunView } from '../../sim/local/app.ts'
import type { LocalRelay } from '../../sim/local/localRelay.ts'
import { company } from './company.ts'
import { childrenOf } from './processes.ts'
import { expectUndisturbed, startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'
import { until } from './until.ts'

afterEach(stopCompanies)

const sixtyPeople = company(60)
const fourPeople = company(4)

/** A relay is registered beside the first one where `relays` is 2; `slow` makes the moment long enough to be met. */
const deaths = [
  {
    what: 'the relay that serves the conversation, of two, while mailboxes are read',
    relays: 2,
    slow: { 'Get-CASMailbox': 1_000 },
    isMoment: ({ step }: RunView) => step === 'gatherMailboxes',
    victim: ({ child }: LocalRelay) => child.pid,
  },
  {
    what: 'the relay that serves the conversation, of two, while commands are sent',
    relays: 2,
    slow: { 'Set-CASMailbox': 150 },
    isMoment: (_run: RunView, commands: number) => commands >= 8,
    victim: ({ child }: LocalRelay) => child.pid,
  },
  {
    what: 'the PowerShell child of the only relay while commands are sent',
    relays: 1,
    slow: { 'Set-CASMailbox': 150 },
    isMoment: (_run: RunView, commands: number) => commands >= 8,
    victim: ({ child }: LocalRelay) => firstChildOf(child.pid),
  },
] as const

describe('a process on premises is killed (kill -9)', () => {
  test.each(deaths.map((one) => [one.what, one] as const))(
    '%s: the run ends as if nothing had happened',
    async (_what, { relays, slow, isMoment, victim }) => {
      const running = await startCompany(sixtyPeople)
      if (relays === 2) await running.stack.addRelay({ approve: true })
      await running.slowDown(slow)
      const runId = await running.askForFullSync()
      const serving = await until('the moment of death', async () => {
        const isThere = isMoment(await running.run(runId), (await running.journal()).length)
        return isThere && (running.stack.relays.find(isServing) ?? null)
      })
      process.kill(victim(serving), 'SIGKILL')
      // In the middle: most commands are still to come
      expect((await running.journal()).length).toBeLessThan(sixtyPeople.changes / 2)
      await running.slowDown({})

      const run = await running.ended(runId)
      expect([run.state, run.failure, run.counts['outcome.failed'] ?? 0]).toEqual(['done', null, 0])
      const heir = running.stack.relays.find((relay) => relays === 1 || relay !== serving)
      expect(heir && hasServed(heir)).toBe(true)
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
    expect(hasServed(stranger)).toBe(false)

    await approved.child.stop()
    await decide(running, approved, 'reject')
    expect(await sync(running)).toEqual(['failed', 'relayNotApproved'])
    expect(hasServed(stranger)).toBe(false)
    const listed = (await running.relays()).map(({ fingerprint, state }) => [fingerprint, state])
    expect(Object.fromEntries(listed)).toEqual({
      [approved.fingerprint]: 'rejected',
      [stranger.fingerprint]: 'pending',
    })

    await decide(running, stranger, 'approve')
    expect(await sync(running)).toEqual(['done', null])
    expect(hasServed(stranger)).toBe(true)
  }, 120_000)
})

/** Whether the relay ever got a batch. */
function hasServed({ child }: LocalRelay): boolean {
  return child.lastLines().includes('"event":"relay.batch"')
}

/** Whether its last word is of a batch and not of a conversation's end. */
function isServing({ child }: LocalRelay): boolean {
  const events = child.lastLines().match(/"event":"relay\.(?:batch|conversation\.closed)"/g)
  return events?.at(-1) === '"event":"relay.batch"'
}

/** The PowerShell for Exchange: the one for mails is started later. */
function firstChildOf(pid: number): number {
  const [child] = childrenOf(pid).toSorted((a, b) => a - b)
  if (child === undefined) throw new Error(`process ${pid} has no child`)
  return child
}

/** Ends of a full sync: state, and the failure's code. */
async function sync(running: RunningCompany): Promise<[string, string | null]> {
  const { state, failure } = await running.ended(await running.askForFullSync())
  return [state, failure?.code ?? null]
}

async function decide({ stack }: RunningCompany, { fingerprint }: LocalRelay, word: 'approve' | 'reject') {
  await stack.app.send('POST', `/easgate/connectors/local/relays/${fingerprint}/${word}`)
}
