import { describe, expect, test } from 'vitest'
import { decideMailbox } from '../../functions/core/decideMailbox.ts'
import type { Policy, Settings, StoredDecision } from '../../functions/core/types.ts'
import { context, entry, facts, fullRun, policy, type Given } from './build.ts'

type PolicyPart = Partial<Omit<Policy, 'settings'>> & { readonly settings?: Partial<Settings> }
const allowing = { defaultLevel: 'allow', rules: [] } as const
const unenrolled = { devices: [] }
const onAllowed = { mailbox: { allowed: ['applana1'] } }
const onBlocked = { mailbox: { blocked: ['ApplANA1'] } }
const ownAllow = { ...onAllowed, entries: [entry('allowed')] }
const ownBlock = { ...onBlocked, entries: [entry('blocked')] }
const unresolved = (syncs: number): StoredDecision => ({
  access: 'leave',
  reason: 'unresolvedUser',
  unresolved: { syncs, runId: 'run-0' },
})

// what is special | facts | policy | Exchange as planned | the edit: phase, before → after; none
const rows: readonly (readonly [string, Given, PolicyPart, Parameters<typeof context>[0], string])[] = [
  ['allow, on no list', {}, {}, {}, '1 neither→allowed'],
  ['allow, listed already', ownAllow, {}, {}, 'none'],
  ['allow, blocked by easgate', ownBlock, {}, {}, '1 blocked→allowed'],
  ['quarantine, the default holds it', unenrolled, {}, {}, 'none'],
  ['quarantine, allowed by easgate', { ...unenrolled, ...ownAllow }, {}, {}, '4 allowed→neither'],
  ['quarantine, blocked by easgate before', { ...unenrolled, ...ownBlock }, {}, {}, '4 blocked→neither'],
  ['quarantine that falls back', unenrolled, {}, { planned: allowing }, '4 neither→blocked'],
  [
    'quarantine that falls back, allowed by easgate',
    { ...unenrolled, ...ownAllow },
    {},
    { planned: allowing },
    '4 allowed→blocked',
  ],
  ['quarantine that falls back, blocked already', { ...unenrolled, ...ownBlock }, {}, { planned: allowing }, 'none'],
  ['block', unenrolled, { defaultAccessLevel: 'block' }, {}, '4 neither→blocked'],
  ['not evaluated: easgate’s allow stays', { ...ownAllow, record: { clientType: 'REST' } }, {}, {}, 'none'],
  ['made by hand stays', { ...unenrolled, ...onAllowed }, {}, {}, 'none'],
  [
    'made by hand, override',
    { ...unenrolled, ...onAllowed },
    { settings: { manualEntries: 'override' } },
    {},
    '4 allowed→neither',
  ],
  [
    'made by hand, override, compliant',
    onBlocked,
    { settings: { manualEntries: 'override' } },
    {},
    '1 blocked→allowed',
  ],
  [
    'pinned to block against an allow made by hand',
    { ...onAllowed, pins: [{ record: 'record-1', access: 'block', note: '', until: null }] },
    {},
    {},
    '4 allowed→blocked',
  ],
  [
    'out of scope withdraws easgate’s allow',
    { ...ownAllow, owner: { isIncluded: false } },
    {},
    {},
    '4 allowed→neither',
  ],
  [
    'out of scope withdraws easgate’s block',
    { ...ownBlock, owner: { isIncluded: false } },
    {},
    {},
    '1 blocked→neither',
  ],
  ['out of scope, entries made by hand stay', { ...onBlocked, owner: { isIncluded: false } }, {}, {}, 'none'],
  [
    'policy off withdraws a block only after the default is back',
    ownBlock,
    { enabled: false },
    {},
    '4 blocked→neither',
  ],
  ['policy off withdraws an allow', ownAllow, { enabled: false }, {}, '4 allowed→neither'],
  [
    'exempt withdraws a block where the default allows',
    { ...ownBlock, owner: { isExcluded: true } },
    {},
    { planned: allowing },
    '1 blocked→neither',
  ],
  [
    'platform rule withdraws easgate’s block',
    { ...unenrolled, ...ownBlock },
    { exceptions: [{ type: 'family', name: 'iPhone', level: 'allow' }] },
    {},
    '1 blocked→neither',
  ],
  ['override off withdraws easgate’s allow', ownAllow, { overrideDefaultRule: false }, {}, '4 allowed→neither'],
  [
    'new record in grace withdraws easgate’s block',
    { ...unenrolled, ...ownBlock, record: { firstSync: '2026-11-21T07:59:00Z' } },
    { settings: { newRecordGraceMinutes: 5 } },
    {},
    '1 blocked→neither',
  ],
  ['no user: easgate’s allow stays after the first full sync', { ...ownAllow, owner: null }, {}, {}, 'none'],
  [
    'no user: easgate’s allow goes after the second',
    { ...ownAllow, owner: null, previous: unresolved(1) },
    {},
    {},
    '4 allowed→neither',
  ],
  ['no user: easgate’s block stays', { ...ownBlock, owner: null, previous: unresolved(5) }, {}, {}, 'none'],
  [
    'the record is gone: its allow is cleaned up',
    { ...ownAllow, record: { deviceId: 'Another' }, devices: [] },
    {},
    {},
    '4 allowed→neither',
  ],
]

describe('from decisions to the lists', () => {
  test.each(rows)('%s', (_what, given, policyPart, exchange, expected) => {
    const { changes } = decideMailbox(facts(given), context({ policy: policy(policyPart), ...exchange }), fullRun)
    const text = changes.flatMap((change) =>
      change.kind === 'lists' ? change.edits.map((edit) => `${change.phase} ${edit.before}→${edit.after}`) : [],
    )
    expect(text).toEqual(expected === 'none' ? [] : [expected])
  })

  test('a quick sync counts no syncs without a user, a repeated step counts once', () => {
    const quick = decideMailbox(facts({ owner: null, previous: unresolved(1) }), context(), {
      id: 'run-1',
      kind: 'quick',
    })
    expect(quick.decisions[0]?.unresolved).toEqual({ syncs: 1, runId: 'run-0' })
    const once = decideMailbox(facts({ owner: null, previous: unresolved(1) }), context(), {
      id: 'run-0',
      kind: 'full',
    })
    expect(once.decisions[0]?.unresolved).toEqual({ syncs: 1, runId: 'run-0' })
  })

  test('two records with one DeviceId: keeping out wins over letting in', () => {
    const one = facts({})
    const [first] = one.records
    if (!first) throw new Error('no record')
    const twin = { ...first, record: { ...first.record, guid: 'record-2' } }
    const pins = [{ record: 'record-2', access: 'block' as const, note: '', until: null }]
    const verdict = decideMailbox({ ...one, records: [first, twin], pins }, context(), fullRun)
    expect(verdict.decisions.map(({ access }) => access)).toEqual(['allow', 'block'])
    expect(verdict.changes).toMatchObject([{ phase: 4, edits: [{ after: 'blocked', record: 'record-2' }] }])
  })

  test('adopting records entries as easgate’s own before anything else', () => {
    const verdict = decideMailbox(
      facts({ ...onAllowed }),
      context({ policy: policy({ settings: { manualEntries: 'adopt' } }) }),
      fullRun,
    )
    expect(verdict.changes).toEqual([
      { kind: 'adopt', phase: 1, mailboxGuid: 'mailbox-1', entries: [{ deviceId: 'ApplANA1', list: 'allowed' }] },
    ])
  })

  test('adopting an entry that two records of the mailbox share records it once', () => {
    const one = facts({ ...onAllowed })
    const [first] = one.records
    if (!first) throw new Error('no record')
    const twin = { ...first, record: { ...first.record, guid: 'record-2' } }
    const verdict = decideMailbox(
      { ...one, records: [first, twin] },
      context({ policy: policy({ settings: { manualEntries: 'adopt' } }) }),
      fullRun,
    )
    expect(verdict.changes).toEqual([
      { kind: 'adopt', phase: 1, mailboxGuid: 'mailbox-1', entries: [{ deviceId: 'ApplANA1', list: 'allowed' }] },
    ])
  })

  test('a recorded entry that is on no list any more is obsolete', () => {
    const verdict = decideMailbox(facts({ entries: [entry('allowed')] }), context(), fullRun)
    expect(verdict.obsolete).toEqual([entry('allowed')])
  })

  test('a change carries the trace of the row that decided', () => {
    const { changes } = decideMailbox(facts(unenrolled), context({ planned: allowing }), fullRun)
    const lines = changes.flatMap((change) =>
      change.kind === 'lists' ? change.edits.flatMap((edit) => edit.trace) : [],
    )
    expect(lines.map(({ row, fits }) => [row, fits])).toEqual([
      ...Array.from({ length: 14 }, (_, index) => [index + 1, false]),
      [15, true],
    ])
  })
})
