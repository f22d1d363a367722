import { describe, expect, test } from 'vitest'
import type { FakeMailEnd } from '../fakes/exchangeFakeMail.ts'
import { actor, connectorId, notice, world } from './noticeFixture.ts'

const minute = 60_000

describe('a notice', () => {
  test('is sent once, recorded and audited, without its address or text', async () => {
    const one = world()
    expect(await one.send([notice('r1')])).toEqual({
      results: [{ record: 'r1', reason: 'notEnrolled', state: 'sent', message: null, dueAt: null }],
      problem: null,
    })
    expect(one.exchange.mails.delivered).toMatchObject([notice('r1').mail])
    expect(await one.ledger('r1')).toEqual({
      record: 'r1',
      reason: 'notEnrolled',
      state: 'sent',
      batchId: 'id1',
      tries: 1,
      claimedAt: '2026-11-21T08:00:00.000Z',
      endedAt: '2026-11-21T08:00:00.000Z',
      dueAt: null,
      message: null,
    })
    const row = {
      actor,
      runId: 'run1',
      subject: 'r1',
      before: null,
      after: { reason: 'notEnrolled', batchId: 'id1', tries: 1 },
    }
    const audit = await one.store.audit(connectorId, 1, 9)
    expect(audit).toMatchObject([
      { ...row, action: 'mailAsked', outcome: 'asked' },
      { ...row, action: 'mailEnded', outcome: 'sent' },
    ])
    expect(JSON.stringify([audit, one.log.lines])).not.toMatch(/contoso\.com|Subject|<p>/)
  })
  test('that was sent is not sent again, and no conversation is opened for it', async () => {
    const one = world()
    await one.send([notice('r1')])
    expect((await one.send([notice('r1')])).results).toMatchObject([{ state: 'sent' }])
    expect([one.exchange.mails.delivered.length, one.exchange.conversations]).toEqual([1, 1])
  })
  test('for another reason, another record or another connector is another notice', async () => {
    const one = world()
    await one.send([notice('r1')])
    await one.send([notice('r1', 'notCompliant'), notice('r2')])
    await one.send([notice('r1')], {}, 'fabrikam')
    expect(one.exchange.mails.delivered).toHaveLength(4)
  })
  test('given twice in one call is sent once', async () => {
    const one = world()
    expect((await one.send([notice('r1'), notice('r1')])).results).toMatchObject([{ state: 'sent' }, { state: 'sent' }])
    expect(one.exchange.mails.delivered).toHaveLength(1)
  })
  test('that two senders want at once is sent by one of them', async () => {
    const one = world()
    const reports = await Promise.all([one.send([notice('r1')]), one.send([notice('r1')])])
    expect(one.exchange.mails.delivered).toHaveLength(1)
    expect(new Set(reports.map(({ results }) => results[0]?.state))).toEqual(new Set(['sent', 'underWay']))
  })
})

describe('how it ends decides whether it is tried again', () => {
  const ends: [FakeMailEnd['state'], FakeMailEnd, number][] = [
    ['refused', { state: 'refused', message: 'no such recipient' }, 0],
    ['unknown', { state: 'unknown', message: 'no answer' }, 0],
    ['unknown', { state: 'unknown', message: 'no answer', delivers: true }, 1],
    ['unknown', { breaks: true }, 1],
  ]
  test.each(ends)('%s is final: %j', async (state, end, delivered) => {
    const one = world()
    one.exchange.mails.ends.push(end)
    expect((await one.send([notice('r1')])).results).toMatchObject([{ state }])
    one.clock.advance(30 * 24 * 60 * minute)
    expect((await one.send([notice('r1')])).results).toMatchObject([{ state }])
    expect(one.exchange.mails.delivered).toHaveLength(delivered)
    expect(await one.store.dueMails(connectorId, '2999-01-01T00:00:00.000Z', 9)).toEqual([])
  })

  test('delayed is tried again when its time has come, five times in all, then given up', async () => {
    const one = world()
    const waits: number[] = []
    for (let tries = 1; tries <= 4; tries += 1) {
      one.exchange.mails.ends.push({ state: 'delayed', message: 'busy' })
      const [result] = (await one.send([notice('r1')])).results
      expect(result).toMatchObject({ state: 'delayed', message: 'busy' })
      const waitMs = Date.parse(result?.dueAt ?? '') - one.clock.now().getTime()
      waits.push(waitMs / minute)
      one.clock.advance(waitMs - 1)
      expect((await one.send([notice('r1')])).results).toEqual([result])
      expect(await one.store.dueMails(connectorId, one.clock.now().toISOString(), 9)).toEqual([])
      one.clock.advance(1)
      expect(await one.store.dueMails(connectorId, one.clock.now().toISOString(), 9)).toMatchObject([{ record: 'r1' }])
    }
    expect(waits).toEqual([5, 30, 120, 480])
    one.exchange.mails.ends.push({ state: 'delayed', message: 'busy' })
    const given = { state: 'refused', message: 'given up after 5 tries: busy' }
    expect((await one.send([notice('r1')])).results).toMatchObject([given])
    one.clock.advance(365 * 24 * 60 * minute)
    expect((await one.send([notice('r1')])).results).toMatchObject([given])
    expect(one.exchange.calls).toHaveLength(5)
  })
  test('a longer wait that the server asks for is kept to', async () => {
    const one = world()
    one.exchange.mails.ends.push({ state: 'delayed', message: 'busy', retryAfterMs: 60 * minute })
    expect((await one.send([notice('r1')])).results).toMatchObject([{ dueAt: '2026-11-21T09:00:00.000Z' }])
  })
  test('a delayed one that is asked for once has no time', async () => {
    const one = world()
    one.exchange.mails.ends.push({ state: 'delayed', message: 'busy' })
    expect((await one.send([notice('r1')], { isOnce: true })).results).toMatchObject([
      { state: 'delayed', dueAt: null },
    ])
    one.clock.advance(999 * minute)
    expect((await one.send([notice('r1')])).results).toMatchObject([{ state: 'delayed' }])
    expect(one.exchange.calls).toHaveLength(1)
  })
  test('what is not a mail is refused, and the next is sent', async () => {
    const one = world()
    const wrong = { ...notice('r1'), mail: { ...notice('r1').mail, to: 'a@b.c, d@e.f' } }
    expect((await one.send([wrong, notice('r2')])).results).toMatchObject([{ state: 'refused' }, { state: 'sent' }])
  })
})

describe('a claim that nobody ended', () => {
  const claimed = {
    tries: 1,
    batchId: 'other',
    claimedAt: '2026-11-21T08:00:00.000Z',
    endedAt: null,
    dueAt: null,
    message: null,
  }
  test('is under way for twenty minutes, then unknown for ever', async () => {
    const one = world()
    const dead = { record: 'r1', reason: 'notEnrolled', state: 'claimed' as const, ...claimed }
    await one.store.saveLedgerMail(connectorId, dead, null)
    one.clock.advance(20 * minute - 1)
    expect((await one.send([notice('r1')])).results).toMatchObject([{ state: 'underWay' }])
    one.clock.advance(1)
    expect((await one.send([notice('r1')])).results).toMatchObject([{ state: 'unknown' }])
    expect((await one.send([notice('r1')])).results).toMatchObject([{ state: 'unknown' }])
    expect(await one.store.audit(connectorId, 1, 9)).toMatchObject([{ action: 'mailEnded', outcome: 'unknown' }])
    expect([one.exchange.mails.delivered, one.exchange.conversations]).toEqual([[], 0])
  })
  test('that was taken for dead and lives after all says what became of it', async () => {
    const one = world()
    one.exchange.faults.before = async () => {
      one.clock.advance(21 * minute)
      one.exchange.faults.before = () => {}
      await one.send([notice('r1')])
      expect(await one.ledger('r1')).toMatchObject({ state: 'unknown' })
    }
    expect((await one.send([notice('r1')])).results).toMatchObject([{ state: 'sent' }])
    expect(await one.ledger('r1')).toMatchObject({ state: 'sent' })
    expect(one.exchange.mails.delivered).toHaveLength(1)
  })
})

describe('relays', () => {
  const three = ['r1', 'r2', 'r3'].map((record) => notice(record))
  test('none is there: nothing is claimed', async () => {
    const one = world()
    one.exchange.faults.noRelay = true
    const report = await one.send(three)
    expect(report.problem).toMatchObject({ code: 'noRelay' })
    expect(report.results.map(({ state }) => state)).toEqual(['notTried', 'notTried', 'notTried'])
    expect(await one.ledger('r1')).toBeUndefined()
    expect(await one.store.audit(connectorId, 1, 9)).toEqual([])
  })
  test('none has a notification account: nothing is claimed, and the remedy is said', async () => {
    const one = world()
    one.exchange.faults.noMailAccount = true
    const report = await one.send(three)
    expect(report.problem).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('easgate-relay configure'),
    })
    expect([await one.ledger('r1'), one.exchange.conversations]).toEqual([undefined, 5])
  })
  test('one that has none is passed over for another', async () => {
    const one = world()
    one.exchange.faults.noMailAccount = true
    one.onConverse(3, () => (one.exchange.faults.noMailAccount = false))
    expect((await one.send(three)).results.map(({ state }) => state)).toEqual(['sent', 'sent', 'sent'])
  })
  test('a conversation that breaks costs the mail under way, and the others go by another', async () => {
    const one = world()
    one.exchange.mails.ends.push({}, { breaks: true })
    const report = await one.send(three)
    expect(report).toMatchObject({
      results: [{ state: 'sent' }, { state: 'unknown' }, { state: 'sent' }],
      problem: null,
    })
    expect(one.exchange.conversations).toBe(2)
  })
  test('a conversation that had broken before costs a try, and no mail', async () => {
    const one = world()
    one.exchange.faults.loseAt = 'mail'
    const report = await one.send(three)
    expect(report.results.map(({ state }) => state)).toEqual(['delayed', 'sent', 'sent'])
    expect(one.exchange.mails.delivered).toHaveLength(2)
  })
  test('three delays in a row end the call: it is not the recipients', async () => {
    const one = world()
    one.exchange.mails.ends.push(
      ...Array.from({ length: 5 }, () => ({ state: 'delayed', message: 'HTTP 401' }) as const),
    )
    const report = await one.send(['r1', 'r2', 'r3', 'r4', 'r5'].map((record) => notice(record)))
    expect(report.results.map(({ state }) => state)).toEqual(['delayed', 'delayed', 'delayed', 'notTried', 'notTried'])
    expect(report.problem).toMatchObject({
      code: 'exchangeFailed',
      retryable: true,
      message: expect.stringContaining('HTTP 401'),
    })
  })
  test('five uncertain outcomes end the call', async () => {
    const one = world()
    one.exchange.mails.ends.push(
      ...Array.from({ length: 9 }, () => ({ state: 'unknown', message: 'no answer' }) as const),
    )
    const report = await one.send(Array.from({ length: 8 }, (_, index) => notice(`r${index}`)))
    expect(report.results.filter(({ state }) => state === 'unknown')).toHaveLength(5)
    expect(report.results.filter(({ state }) => state === 'notTried')).toHaveLength(3)
  })
  test('no mail is begun when the time is over', async () => {
    const one = world()
    const until = new Date(one.clock.now().getTime() + 10)
    one.exchange.faults.before = () => one.clock.advance(6)
    const report = await one.send(three, { until })
    expect(report.results.map(({ state }) => state)).toEqual(['sent', 'sent', 'notTried'])
    expect(report.problem).toBeNull()
    expect((await one.send(three, { until })).results.map(({ state }) => state)).toEqual(['sent', 'sent', 'notTried'])
    expect(one.exchange.conversations).toBe(1)
  })
})
