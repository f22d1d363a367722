import { expect, test } from 'vitest'
import type { Activation } from '../../functions/core/activation.ts'
import { explain } from '../../functions/core/explain.ts'
import type { Assigning, OwnAssignment } from '../../functions/core/planAssignment.ts'
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

const activation: Activation = {
  record: 'record-1',
  deviceId: 'ApplANA1',
  state: 'bound',
  userId: 'user-1',
  intuneDeviceId: 'intune-1',
  azureAdDeviceId: 'entra-1',
  isApproved: false,
  evidence: { proof: { kind: 'compliant', by: 'compliantOnly' }, why: [], likeness: null, devices: [] },
  at: '2026-11-20T08:00:00.000Z',
  decided: null,
  usedLinks: ['l1'],
}
const nameless = { devices: [{ easDeviceId: null }] }

test.each<[string, Given, string | null, string | null]>([
  ['Intune’s own word comes first', { activations: [activation] }, 'easDeviceId', 'bound'],
  ['a binding', { ...nameless, activations: [activation] }, 'activation', 'bound'],
  [
    'one that waits matches nothing, and shows',
    { ...nameless, activations: [{ ...activation, state: 'waiting' }] },
    null,
    'waiting',
  ],
  ['another record’s does not', { ...nameless, activations: [{ ...activation, record: 'record-2' }] }, null, null],
  ['without any', nameless, null, null],
])('what a match came from: %s', (_title, given, by, state) => {
  const match = explain(facts(given), context(), 'record-1')?.match
  expect([match?.by, match?.activation?.state ?? null]).toEqual([by, state])
  expect(JSON.stringify(match)).not.toContain('l1')
})

const own = { name: 'Phones', guid: 'g1' }
const assigning: Assigning = { wanted: own, own: [own], existing: [own], isWhole: true }
const assigned: OwnAssignment = { policy: own, before: null, runId: 'run-0', since: '2026-11-01T00:00:00.000Z' }

test.each<[string, Given & { recorded?: OwnAssignment }, Assigning | null, object]>([
  [
    'easgate’s, which stays',
    { mailbox: { activeSyncPolicy: 'Phones' }, recorded: assigned },
    assigning,
    { now: 'Phones', own: assigned, planned: null, left: null },
  ],
  [
    'the default, which gives way',
    { mailbox: { activeSyncPolicy: null } },
    assigning,
    { isKnown: true, now: null, own: null, planned: { after: own }, left: null },
  ],
  [
    'somebody else’s, which stays',
    { mailbox: { activeSyncPolicy: 'Boss' } },
    assigning,
    { now: 'Boss', planned: null, left: 'foreign' },
  ],
  ['Exchange did not say', {}, assigning, { isKnown: false, now: null, planned: null, left: null }],
  ['no mailbox', { mailbox: null }, assigning, { isKnown: false, now: null, own: null, planned: null, left: null }],
  ['not asked for', { mailbox: { activeSyncPolicy: null } }, null, { now: null, planned: null, left: null }],
])('the mailbox policy: %s', (_title, { recorded, ...given }, assigned, expected) => {
  const found = explain(
    { ...facts(given), assignment: recorded ?? null },
    { ...context(), assigning: assigned },
    'record-1',
  )
  expect(found?.mailboxPolicy).toMatchObject(expected)
})

test('a record that the mailbox does not have has no explanation', () => {
  expect(explain(facts(), context(), 'record-2')).toBeNull()
})
