import { expect, test } from 'vitest'
import { explain } from '../../functions/core/explain.ts'
import type { ServerState } from '../../functions/core/decisionContext.ts'
import { context, entry, facts, policy, quarantining, type Given } from './build.ts'

const rule = { guid: 'g1', queryString: 'iphone', characteristic: 'DeviceType', level: 'quarantine' } as const
const allowing: ServerState = { defaultLevel: 'allow', rules: [] }
const onAllowed: Given = { mailbox: { allowed: ['applana1'] }, entries: [entry('allowed')] }
const policyBlocked: Given = { ...onAllowed, record: { state: 'blocked', stateReason: 'Policy' } }
const blockedToo: Given = { mailbox: { allowed: ['ApplANA1'], blocked: ['ApplANA1'] } }

test.each<[string, Given, ServerState, object]>([
  [
    'ActiveSync off wins',
    { mailbox: { isActiveSyncEnabled: false } },
    allowing,
    { access: 'block', layer: 'activeSyncDisabled' },
  ],
  ['the EAS policy beats an individual allow', policyBlocked, allowing, { access: 'block', layer: 'mailboxPolicy' }],
  ['Blocked beats Allowed', blockedToo, allowing, { access: 'block', layer: 'personalList', list: 'blocked' }],
  [
    'a list beats a rule',
    onAllowed,
    { ...quarantining, rules: [rule] },
    { access: 'allow', layer: 'personalList', list: 'allowed' },
  ],
  ['a rule beats the default', {}, { ...allowing, rules: [rule] }, { access: 'quarantine', layer: 'accessRule', rule }],
  ['else the default decides', {}, allowing, { access: 'allow', layer: 'default', list: null, rule: null }],
])('Exchange’s layers: %s', (_title, given, current, layer) => {
  const found = explain(facts(given), context({ current, planned: current }), 'record-1')
  expect(found?.exchange.now).toMatchObject(layer)
})

test('what is planned differs from what is there: the decision, its trace, the list and the layer that will win', () => {
  const found = explain(
    facts({ devices: [{ complianceState: 'noncompliant' }] }),
    context({ current: allowing, planned: allowing }),
    'record-1',
  )
  expect(found).toMatchObject({
    decision: { access: 'quarantine', reason: 'notCompliant', fallback: 'block', intuneDeviceId: 'intune-1' },
    lists: { now: 'neither', planned: 'blocked' },
    exchange: { now: { access: 'allow', layer: 'default' }, planned: { access: 'block', layer: 'personalList' } },
  })
  expect(found?.trace.map(({ row, fits }) => [row, fits])).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((row) => [row, row === 8]),
  )
  expect(found?.trace.at(-1)?.inputs).toEqual({ intuneDevice: 'intune-1', complianceState: 'noncompliant' })
})

test('a record whose user nobody knows is explained too', () => {
  const found = explain(facts({ owner: null }), context({ policy: policy() }), 'record-1')
  expect(found).toMatchObject({ owner: null, decision: { access: 'leave', reason: 'unresolvedUser' } })
  expect(found?.trace).toHaveLength(2)
})

test('a record that the mailbox does not have has no explanation', () => {
  expect(explain(facts(), context(), 'record-2')).toBeNull()
})
