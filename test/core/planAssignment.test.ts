import { describe, expect, test } from 'vitest'
import { makeContext } from '../../functions/core/decisionContext.ts'
import {
  planAssignment,
  type Assigning,
  type AssignmentFacts,
  type OwnAssignment,
  type PolicyName,
} from '../../functions/core/planAssignment.ts'
import type { Mailbox, Policy } from '../../functions/core/types.ts'
import { mailbox, now, owner, policy, quarantining } from './build.ts'

const phones: PolicyName = { name: 'Phones', guid: 'guid-phones' }
const tablets: PolicyName = { name: 'Tablets', guid: 'guid-tablets' }
const executives: PolicyName = { name: 'Executives', guid: 'guid-executives' }
const standard: PolicyName = { name: 'Default', guid: 'guid-default' }
const assigning: Assigning = {
  wanted: phones,
  own: [phones, tablets],
  existing: [standard, executives, phones, tablets],
  isWhole: true,
}
const minute = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toISOString()
const recorded = (given: Partial<OwnAssignment> = {}): OwnAssignment => ({
  policy: phones,
  before: null,
  runId: 'run-0',
  since: minute(-60),
  ...given,
})

interface Given {
  readonly has?: string | null | undefined
  readonly mailbox?: Partial<Mailbox>
  readonly owner?: AssignmentFacts['owner']
  readonly recorded?: OwnAssignment | null
  readonly assigning?: Partial<Assigning>
  readonly policy?: Parameters<typeof policy>[0]
}

function verdict(given: Given) {
  const stated: Policy = policy(given.policy)
  const context = makeContext({
    policy: stated,
    planned: quarantining,
    current: quarantining,
    now,
    extraRules: [],
    assigning: { ...assigning, ...given.assigning },
  })
  const has = 'has' in given ? given.has : null
  const facts: AssignmentFacts = {
    mailbox: mailbox({ ...(has === undefined ? {} : { activeSyncPolicy: has }), ...given.mailbox }),
    owner: given.owner === undefined ? owner() : given.owner,
    recorded: given.recorded ?? null,
    readAtMs: now.getTime(),
  }
  const { change, isObsolete, left } = planAssignment(facts, context)
  const gives = change && { gives: change.after?.name ?? null, back: change.own && (change.own.before?.name ?? null) }
  return { ...gives, ...(isObsolete ? { isObsolete } : {}), ...(left ? { left } : {}) }
}

const override = {
  settings: { mailboxPolicy: { name: 'Phones', properties: {}, assign: 'inScope', others: 'override' } },
} as const
const off = { enabled: false }
/** `back`: what is remembered to come back later, null where Exchange's default; no `back`: nothing is. */
const gives = (name: string | null, back: string | null = null) => ({ gives: name, back })
const comesBack = (name: string | null) => ({ gives: name, back: null })

const cases: readonly (readonly [string, Given, ReturnType<typeof verdict>])[] = [
  ['the default gives way', {}, gives('Phones')],
  ['the policy itself, by name in any case or by Guid', { has: 'phones' }, {}],
  ['the policy itself by Guid', { has: 'guid-phones' }, {}],
  [
    'another of easgate’s: what stood there first comes back',
    { has: 'Tablets', recorded: recorded({ policy: tablets, before: executives }) },
    gives('Phones', 'Executives'),
  ],
  ['somebody else’s is left', { has: 'Executives' }, { left: 'foreign' }],
  [
    'somebody else’s instead of easgate’s: forgotten',
    { has: 'Executives', recorded: recorded() },
    { left: 'foreign', isObsolete: true },
  ],
  [
    'somebody else’s with override: it comes back',
    { has: 'Executives', policy: override },
    gives('Phones', 'Executives'),
  ],
  [
    'somebody else’s that nobody can list, with override',
    { has: 'Hidden', policy: override },
    gives('Phones', 'Hidden'),
  ],
  ['the default, easgate’s taken away', { recorded: recorded() }, gives('Phones')],
  [
    'the default, easgate’s taken away, drift left',
    { recorded: recorded(), policy: { settings: { drift: 'leave' } } },
    { left: 'drift' },
  ],
  [
    'the default, while nobody knows of the command before',
    { recorded: recorded({ isPending: true }), policy: { settings: { drift: 'leave' } } },
    gives('Phones'),
  ],
  ['taken away thrice today', { recorded: recorded({ mended: [-30, -20, -10].map(minute) }) }, { left: 'fighting' }],
  [
    'taken away twice today, once before',
    { recorded: recorded({ mended: [-1441, -20, -10].map(minute) }) },
    gives('Phones'),
  ],
  ['given after the reading began: it has it', { recorded: recorded({ since: minute(0) }) }, {}],
  [
    'out of the policy’s groups: what stood there comes back',
    { has: 'Phones', owner: owner({ isIncluded: false }), recorded: recorded({ before: executives }) },
    comesBack('Executives'),
  ],
  [
    'never blocked: likewise',
    { has: 'Phones', owner: owner({ isExcluded: true }), recorded: recorded() },
    comesBack(null),
  ],
  [
    'policy off, for a mailbox of no known user as well',
    { has: 'Phones', owner: null, recorded: recorded({ before: executives }), policy: off },
    comesBack('Executives'),
  ],
  [
    'policy off, what stood there is gone',
    { has: 'Phones', recorded: recorded({ before: { name: 'Old', guid: 'guid-old' } }), policy: off },
    comesBack(null),
  ],
  [
    'policy off, what stood there may be gone',
    {
      has: 'Phones',
      recorded: recorded({ before: { name: 'Old', guid: 'guid-old' } }),
      policy: off,
      assigning: { isWhole: false },
    },
    comesBack('Old'),
  ],
  [
    'policy off, what stood there is renamed',
    { has: 'Phones', recorded: recorded({ before: { ...executives, name: 'Chiefs' } }), policy: off },
    comesBack('Chiefs'),
  ],
  ['policy off, given by a person', { has: 'Phones', policy: off }, {}],
  [
    'policy off, a person chose another',
    { has: 'Executives', recorded: recorded(), policy: off },
    { isObsolete: true },
  ],
  ['no known user', { owner: null }, {}],
  ['no known user any more: kept', { has: 'Phones', owner: null, recorded: recorded() }, {}],
  ['EAS is off for the mailbox', { mailbox: { isActiveSyncEnabled: false } }, {}],
  ['EAS was switched off: kept', { has: 'Phones', recorded: recorded(), mailbox: { isActiveSyncEnabled: false } }, {}],
  ['a monitoring mailbox', { mailbox: { name: 'HealthMailbox1234' } }, {}],
  [
    'its server is not known, and servers are the scope',
    {
      has: 'Phones',
      recorded: recorded(),
      mailbox: { serverName: null },
      policy: { settings: { scope: { organizationalUnits: [], servers: ['EX1'] } } },
    },
    {},
  ],
  [
    'another server’s mailbox',
    {
      has: 'Phones',
      recorded: recorded(),
      mailbox: { serverName: 'EX2' },
      policy: { settings: { scope: { organizationalUnits: [], servers: ['EX1'] } } },
    },
    comesBack(null),
  ],
  ['Exchange does not say which it has', { has: undefined }, {}],
  [
    'the wanted one is not to be seen: who has one keeps it',
    { has: 'Tablets', recorded: recorded({ policy: tablets }), assigning: { wanted: 'unknown' } },
    {},
  ],
]

describe('a mailbox’s EAS policy', () => {
  test.each(cases)('%s', (_, given, expected) => {
    expect(verdict(given)).toEqual(expected)
  })
})
