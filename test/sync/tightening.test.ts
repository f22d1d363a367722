import { describe, expect, test } from 'vitest'
import { defaultSettings } from '../../functions/core/settings.ts'
import type { Policy, Settings } from '../../functions/core/types.ts'
import { setPin } from '../../functions/sync/pins.ts'
import { connectorId, fakeSystem, type FakeSystem } from './fakeSystem.ts'
import { policyOf } from './policyOf.ts'
import { staff } from './staff.ts'

const minuteMs = 60_000
const late = { state: 'delayed' as const, message: 'busy' }

/** The first person's phone is compliant; the others' are not enrolled, and Exchange lets them in by default. */
function quarantining(settings: Partial<Settings> = {}, waitMinutes = 60): Policy {
  return {
    ...policyOf({
      conditionalAccessSettings: { enabled: true, includedGroups: ['staff'] },
      exchangeOnPremisesPolicy: { defaultAccessLevel: 'quarantine' },
      settings: {
        ...settings,
        notification: { ...defaultSettings.notification, waitMinutes },
      },
    }),
    notificationHtml: '<p>{{reason}}</p>',
  }
}
const open = { ...quarantining(), defaultAccessLevel: 'none' as const, enabled: false }

async function system(policy: Policy, people = 3): Promise<FakeSystem> {
  const { exchange, graph } = staff(people, 1)
  return fakeSystem(exchange, graph, policy)
}

const standard = ({ exchange }: FakeSystem) => exchange.state.configuration().defaultLevel
const states = ({ exchange }: FakeSystem) => exchange.state.records().map(({ state }) => state)
const own = async ({ store }: FakeSystem) => (await store.document(connectorId, 'own'))?.value
const noMails = (of: FakeSystem) => {
  of.exchange.faults.noMailAccount = true
  return of
}

describe('a stricter default', () => {
  test('comes in the same run, behind the mails to those whom it cuts off', async () => {
    const contoso = await system(quarantining())
    const atMail: string[] = []
    contoso.exchange.faults.before = (call) => {
      if (call === 'mail') atMail.push(standard(contoso))
    }
    const run = await contoso.sync('full', { approve: true })
    expect([atMail[0], standard(contoso), run.counts['notices.tightening']]).toEqual(['allow', 'quarantine', 2])
    expect(run.counts['outcome.waits']).toBeUndefined()
    expect(states(contoso)).toEqual(['allowed', 'quarantined', 'quarantined'])
  })

  test('waits for the mail that cannot be sent, at most as long as the setting says; then a quick sync makes it', async () => {
    const contoso = noMails(await system(quarantining()))
    const run = await contoso.sync('full', { approve: true })
    expect([run.counts['outcome.waits'], standard(contoso), states(contoso)]).toEqual([
      1,
      'allow',
      ['allowed', 'allowed', 'allowed'],
    ])
    const [entry] = await waitsInAudit(contoso)
    expect(entry).toMatch(/at most until/)
    for (const minutes of [30, 28]) {
      contoso.clock.advance(minutes * minuteMs)
      await contoso.sync('quick', { approve: true })
      expect([standard(contoso), states(contoso)]).toEqual(['allow', ['allowed', 'allowed', 'allowed']])
    }
    contoso.clock.advance(3 * minuteMs)
    await contoso.sync('quick', { approve: true })
    expect([standard(contoso), states(contoso)]).toEqual(['quarantine', ['allowed', 'quarantined', 'quarantined']])
    expect(await own(contoso)).not.toHaveProperty('tighteningWaits')
    const sent = contoso.exchange.journal.length
    contoso.clock.advance(minuteMs)
    for (const kind of ['quick', 'full', 'quick'] as const) await contoso.sync(kind, { approve: true })
    expect([contoso.exchange.journal.length, states(contoso)]).toEqual([
      sent,
      ['allowed', 'quarantined', 'quarantined'],
    ])
  })

  test('meanwhile those who were told lose their access by their own entry, and that goes when the default holds them', async () => {
    const contoso = await system(quarantining())
    contoso.exchange.mails.ends.push({}, late)
    await contoso.sync('full', { approve: true })
    expect([standard(contoso), states(contoso)]).toEqual(['allow', ['allowed', 'allowed', 'allowed']])
    contoso.clock.advance(minuteMs)
    await contoso.sync('quick', { approve: true })
    expect([standard(contoso), states(contoso)]).toEqual(['allow', ['allowed', 'blocked', 'allowed']])
    contoso.clock.advance(62 * minuteMs)
    await contoso.sync('quick', { approve: true })
    expect([standard(contoso), contoso.exchange.lists('m2').blocked]).toEqual(['quarantine', []])
    expect(states(contoso)).toEqual(['allowed', 'quarantined', 'quarantined'])
  })

  test.each(['refused', 'unknown'] as const)('waits for no mail that was %s: it is not sent again', async (state) => {
    const contoso = await system(quarantining())
    contoso.exchange.mails.ends.push({ state, message: 'no such mailbox' })
    await contoso.sync('full', { approve: true })
    expect([standard(contoso), states(contoso)]).toEqual(['quarantine', ['allowed', 'quarantined', 'quarantined']])
  })

  test('that somebody else brings in between is as good as easgate’s', async () => {
    const contoso = await system({ ...quarantining(), defaultAccessLevel: 'none' })
    await contoso.sync('full', { approve: true })
    await contoso.sync('quick', { approve: true })
    expect(states(contoso)).toEqual(['allowed', 'blocked', 'blocked'])
    await contoso.setPolicy(quarantining())
    contoso.clock.advance(minuteMs)
    let readings = 0
    contoso.exchange.faults.before = (call, state) => {
      if (call === 'configuration' && ++readings === 2)
        state.run({ id: 'hand', kind: 'defaultLevel', level: 'quarantine' })
    }
    const run = await contoso.sync('full', { approve: true })
    expect([run.counts['outcome.verified'], run.counts['outcome.waits']]).toEqual([1, undefined])
    expect(states(contoso)).toEqual(['allowed', 'quarantined', 'quarantined'])
  })

  test('comes with the next full sync where the mail was sent in the meantime', async () => {
    const contoso = await system(quarantining())
    contoso.exchange.mails.ends.push({}, late)
    await contoso.sync('full', { approve: true })
    contoso.clock.advance(6 * minuteMs)
    await contoso.sync('full', { approve: true })
    expect([standard(contoso), await own(contoso)]).toEqual([
      'quarantine',
      expect.not.objectContaining({ tighteningWaits: expect.anything() }),
    ])
  })

  test('does not wait longer because others come', async () => {
    const contoso = noMails(await system(quarantining()))
    await contoso.sync('full', { approve: true })
    contoso.clock.advance(59 * minuteMs)
    contoso.exchange.state.putDevice({ Guid: 'r9', Mailbox: 'm2', DeviceId: 'Dev9', ClientType: 'EAS' })
    await contoso.sync('full', { approve: true })
    expect(standard(contoso)).toBe('allow')
    contoso.clock.advance(2 * minuteMs)
    await contoso.sync('quick', { approve: true })
    expect(standard(contoso)).toBe('quarantine')
  })

  test('does not wait without a wait, and not for those whom it does not cut off', async () => {
    const none = noMails(await system(quarantining({}, 0)))
    await none.sync('full', { approve: true })
    expect(standard(none)).toBe('quarantine')
    const alone = noMails(await system(quarantining(), 1))
    await alone.sync('full', { approve: true })
    expect(standard(alone)).toBe('quarantine')
  })

  test('is forgotten when the policy is switched off while it waits', async () => {
    const contoso = noMails(await system(quarantining()))
    await contoso.sync('full', { approve: true })
    await contoso.setPolicy(open)
    contoso.clock.advance(90 * minuteMs)
    await contoso.sync('full', { approve: true })
    expect([standard(contoso), states(contoso)]).toEqual(['allow', ['allowed', 'allowed', 'allowed']])
    expect(await own(contoso)).not.toHaveProperty('tighteningWaits')
  })

  test('takes nobody off the Blocked list before it holds them instead', async () => {
    const contoso = await system({ ...quarantining(), defaultAccessLevel: 'none' })
    // Blocked by their own entries, as nothing else holds them
    await contoso.sync('full', { approve: true })
    await contoso.sync('quick', { approve: true })
    expect(states(contoso)).toEqual(['allowed', 'blocked', 'blocked'])
    contoso.exchange.state.putDevice({ Guid: 'r9', Mailbox: 'm3', DeviceId: 'Dev9', ClientType: 'EAS' })
    noMails(contoso)
    await contoso.setPolicy(quarantining())
    contoso.clock.advance(minuteMs)
    const run = await contoso.sync('full', { approve: true })
    expect([standard(contoso), states(contoso)]).toEqual(['allow', ['allowed', 'blocked', 'blocked', 'allowed']])
    expect(run.counts['outcome.waits']).toBe(3)
    contoso.clock.advance(61 * minuteMs)
    await contoso.sync('quick', { approve: true })
    expect(states(contoso)).toEqual(['allowed', 'quarantined', 'quarantined', 'quarantined'])
  })

  test('that a person approved is not held again when its wait is over', async () => {
    const limits = { ...defaultSettings.limits, maxLosing: 1 }
    const contoso = noMails(await system(quarantining({ limits })))
    expect((await contoso.sync('full')).state).toBe('held')
    const run = await contoso.sync('full', { approve: true })
    expect([run.approvedBy, standard(contoso)]).toEqual(['test', 'allow'])
    contoso.clock.advance(61 * minuteMs)
    expect((await contoso.sync('quick')).state).toBe('done')
    expect([standard(contoso), states(contoso)]).toEqual(['quarantine', ['allowed', 'quarantined', 'quarantined']])
  })

  test('that a person approved says nothing of another policy, nor of what others lose meanwhile', async () => {
    const limits = { ...defaultSettings.limits, maxLosing: 1 }
    const approved = async () => {
      const contoso = noMails(await system(quarantining({ limits }), 4))
      await contoso.sync('full', { approve: true })
      contoso.clock.advance(minuteMs)
      return contoso
    }
    const edited = await approved()
    await edited.setPolicy({ ...quarantining({ limits }), defaultAccessLevel: 'block' })
    edited.clock.advance(61 * minuteMs)
    expect((await edited.sync('quick')).refusal).toMatchObject({ limit: 'losingNumber' })
    const pinned = await approved()
    for (const n of [2, 3])
      await setPin(pinned.ports, connectorId, `m${n}`, { record: `r${n}`, access: 'block', note: '', until: null })
    expect((await pinned.sync('quick')).refusal).toMatchObject({ limit: 'losingNumber' })
  })
})

async function waitsInAudit({ store }: FakeSystem): Promise<string[]> {
  const rows = await store.audit(connectorId, 1, 1000)
  return rows.filter(({ outcome }) => outcome === 'waits').map(({ after }) => JSON.stringify(after))
}
