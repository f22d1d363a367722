import { describe, expect, test } from 'vitest'
import { lanesOf } from '../../../relay/addCommand.ts'
import { MailQueue } from '../../../relay/mail/mailQueue.ts'
import type { RunnerCommand, RunnerLane } from '../../../relay/powershell/runnerCommand.ts'
import type { Outcome } from '../../../relay/powershell/stepReply.ts'
import { startRunner } from '../startRelay.ts'

const sent: Outcome = { ok: true, warnings: [], durationMs: 1 }

/** A queue whose mails end when the test says so. */
function held(most?: number) {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const queue = new MailQueue({
    send: async ({ to }) => {
      begun.push(to)
      await new Promise<void>((resolve) => ends.push(resolve))
      return sent
    },
    ...(most !== undefined && { most }),
  })
  const add = (to: string) => {
    let done: (outcome: Outcome) => void = () => {}
    const ended = new Promise<Outcome>((resolve) => (done = resolve))
    return { ended, ticket: queue.add(commandFor(to, done)) }
  }
  const endNext = async () => {
    while (ends.length === 0) await Promise.resolve()
    ends.shift()?.()
  }
  return { queue, begun, add, endNext }
}

function commandFor(to: string, onDone: (outcome: Outcome) => void): RunnerCommand {
  return {
    cmdlet: 'Send-EasgateMail',
    parameters: { To: to, Subject: 's', Html: 'h' },
    returns: [],
    silenceMs: 1,
    notAfter: () => '2999-01-01T00:00:00Z',
    isHeld: () => false,
    onRow: () => {},
    onDone,
  }
}

describe('mails', () => {
  test('go one at a time, in the order in which they came', async () => {
    const { add, begun, endNext } = held()
    const [a, b] = [add('a'), add('b')]
    await endNext()
    expect([await a.ended, [...begun]]).toEqual([sent, ['a', 'b']])
    await endNext()
    expect(await b.ended).toEqual(sent)
    const c = add('c')
    await endNext()
    expect([await c.ended, begun]).toEqual([sent, ['a', 'b', 'c']])
  })
  test('that wait can be taken back; one that is being sent cannot', async () => {
    const { add, begun, endNext } = held()
    const [a, b, c] = [add('a'), add('b'), add('c')]
    await Promise.resolve()
    await Promise.resolve()
    expect([a.ticket.withdraw(), b.ticket.withdraw(), b.ticket.withdraw()]).toEqual([false, true, false])
    await endNext()
    await a.ended
    await endNext()
    expect([await c.ended, begun]).toEqual([sent, ['a', 'c']])
  })
  test('beyond the bound are delayed at once', async () => {
    const { add } = held(2)
    add('a')
    await Promise.resolve()
    await Promise.resolve()
    add('b')
    add('c')
    expect(await add('d').ended).toMatchObject({ ok: false, error: { category: 'mailDelayed', retryAfterMs: 60_000 } })
  })
  test('at the end: what waits is refused, what is being sent gets its outcome, nothing more is taken', async () => {
    const { queue, add, endNext, begun } = held()
    const [a, b] = [add('a'), add('b')]
    await Promise.resolve()
    await Promise.resolve()
    const closed = queue.close()
    expect(await b.ended).toMatchObject({ error: { category: 'refused' } })
    expect(await add('c').ended).toMatchObject({ error: { category: 'refused' } })
    await endNext()
    await closed
    expect([await a.ended, begun]).toEqual([sent, ['a']])
  })
  test('of which the sender fails in an unforeseen way have an unknown outcome, and the next goes on', async () => {
    let calls = 0
    const queue = new MailQueue({
      send: async () => {
        calls += 1
        if (calls === 1) throw new Error('unforeseen')
        return sent
      },
    })
    const outcomes = await Promise.all(
      ['a', 'b'].map((to) => new Promise<Outcome>((resolve) => queue.add(commandFor(to, resolve)))),
    )
    expect(outcomes).toEqual([
      { ok: false, warnings: [], durationMs: 0, error: { category: 'mailUnknown', message: 'unforeseen' } },
      sent,
    ])
  })
})

test('mails go to their queue, everything else to the runner', () => {
  const added: string[] = []
  const laneCalled = (name: string): RunnerLane => ({
    add: ({ cmdlet }) => {
      added.push(`${name} ${cmdlet}`)
      return { withdraw: () => true, cancel: () => {} }
    },
  })
  const lane = lanesOf({ lane: () => laneCalled('runner') }, laneCalled('mails')).lane()
  for (const cmdlet of ['Set-CASMailbox', 'Send-EasgateMail', 'Get-Command'])
    lane.add({ ...commandFor('x', () => {}), cmdlet })
  expect(added).toEqual(['runner Set-CASMailbox', 'mails Send-EasgateMail', 'runner Get-Command'])
})

test('a mail that hangs keeps no command of Exchange waiting', async () => {
  const { runner, runOne } = await startRunner()
  const { queue, begun } = held()
  lanesOf(runner, queue)
    .lane()
    .add(commandFor('a', () => {}))
  expect(await runOne({ Identity: 'x' })).toMatchObject({ ok: true })
  expect(begun).toEqual(['a'])
  await runner.close(1_000)
})
