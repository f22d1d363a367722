/** Whatever dies between any two calls, and however senders overlap: no mail is posted again unless its outcome was certainly "not sent". */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Notice, NoticePorts } from '../../functions/notice/notice.ts'
import { sendNotices } from '../../functions/notice/sendNotices.ts'
import type { MailOutcome } from '../../functions/core/mail.ts'
import type { Conversation } from '../../functions/ports.ts'
import type { Store } from '../../functions/portsStore.ts'
import type { FakeMailEnd } from '../fakes/exchangeFakeMail.ts'
import { Killed } from '../sync/mortalPorts.ts'
import { connectorId, notice, world } from './noticeFixture.ts'

interface Round {
  /** A process each: the calls that it lives for. All run at once. */
  readonly lives: readonly number[]
  readonly advanceMinutes: number
}

const ends: fc.Arbitrary<FakeMailEnd> = fc.oneof(
  fc.constant({}),
  fc.constant({ state: 'refused' as const, message: 'no' }),
  fc.record({ state: fc.constant('delayed' as const), message: fc.constant('busy') }),
  fc.record({ state: fc.constant('unknown' as const), message: fc.constant('?'), delivers: fc.boolean() }),
  fc.record({ breaks: fc.constant(true), delivers: fc.boolean() }),
)
const rounds: fc.Arbitrary<readonly Round[]> = fc.array(
  fc.record({
    lives: fc.array(
      fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 45 }) },
        { weight: 1, arbitrary: fc.constant(10_000) },
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    advanceMinutes: fc.constantFrom(0, 4, 6, 21, 600),
  }),
  { minLength: 1, maxLength: 6 },
)

interface Attempt {
  readonly to: string
  /** What the sender heard; undefined: it died, or nothing was said. */
  heard: MailOutcome['state'] | undefined
}

test('no mail is posted again unless it was certainly not sent', { timeout: 120_000 }, async () => {
  let attemptsSeen = 0
  let repeatsSeen = 0
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), rounds, fc.array(ends, { maxLength: 12 }), async (scheduler, plan, mailEnds) => {
      const shared = world()
      shared.exchange.mails.ends.push(...mailEnds)
      const notices = ['r1', 'r2', 'r3'].map((record) => notice(record))
      const attempts: Attempt[] = []
      for (const { lives, advanceMinutes } of plan) {
        const processes = lives.map((left) => run(mortal(shared.ports, { left }, scheduler, attempts), notices))
        await scheduler.waitFor(Promise.all(processes))
        shared.clock.advance(advanceMinutes * 60_000)
      }
      for (const { mail } of notices) {
        const own = attempts.filter(({ to }) => to === mail.to)
        const again = own.slice(0, -1).map(({ heard }) => heard)
        expect(again.filter((heard) => heard !== 'delayed')).toEqual([])
        expect(shared.exchange.mails.delivered.filter(({ to }) => to === mail.to).length).toBeLessThanOrEqual(1)
        attemptsSeen += own.length
        repeatsSeen += again.length
      }
    }),
    { numRuns: 300 },
  )
  // The worlds are such that something happens in them
  expect(attemptsSeen).toBeGreaterThan(300)
  expect(repeatsSeen).toBeGreaterThan(10)
})

/** A process: it ends, or it is killed. */
async function run(ports: NoticePorts, notices: readonly Notice[]): Promise<void> {
  try {
    await sendNotices(ports, connectorId, notices, { actor: 'run r', runId: 'r' })
  } catch (thrown) {
    if (!(thrown instanceof Killed)) throw thrown
  }
}

/** Ports of a process that dies after some calls, before or after a call took effect; its calls and those of others come in any order. */
function mortal(ports: NoticePorts, life: { left: number }, scheduler: fc.Scheduler, attempts: Attempt[]): NoticePorts {
  const breathe = () => {
    if (life.left <= 0) throw new Killed()
    life.left -= 1
  }
  const call = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    await scheduler.schedule(Promise.resolve(), name)
    breathe()
    const result = await act()
    breathe()
    return result
  }
  const store = new Proxy(ports.store, {
    get(target, name: keyof Store) {
      return (...args: unknown[]) =>
        call(name, () => (target[name] as (...given: unknown[]) => Promise<unknown>).apply(target, args))
    },
  })
  const sendMail = (conversation: Conversation): Conversation['sendMail'] =>
    async function* (batchId, mails) {
      await scheduler.schedule(Promise.resolve(), 'sendMail')
      breathe()
      const posted = mails.map(({ to }): Attempt => ({ to, heard: undefined }))
      attempts.push(...posted)
      for await (const outcome of conversation.sendMail(batchId, mails)) {
        breathe()
        const [attempt] = posted
        if (attempt) attempt.heard = outcome.state
        yield outcome
      }
    }
  return {
    ...ports,
    store,
    exchange: {
      ...ports.exchange,
      converse: async (id, use) =>
        call('converse', () =>
          ports.exchange.converse(id, async (conversation) => use(withSendMail(conversation, sendMail(conversation)))),
        ),
    },
  }
}

function withSendMail(conversation: Conversation, sendMail: Conversation['sendMail']): Conversation {
  return new Proxy(conversation, {
    get: (target, name) => (name === 'sendMail' ? sendMail : (Reflect.get(target, name, target) as unknown)),
  })
}
