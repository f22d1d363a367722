import { describe, expect, test } from 'vitest'
import { decideMailbox } from '../../functions/core/decideMailbox.ts'
import { scopeOf, type Scope } from '../../functions/core/scope.ts'
import type { Mailbox } from '../../functions/core/types.ts'
import { context, entry, facts, fullRun, mailbox, policy } from './build.ts'

/** Ana's mailbox is in OU=Users,DC=contoso,DC=com on EX1. */
describe('a mailbox is', () => {
  const cases: [string, Partial<Scope>, Partial<Mailbox>, string][] = [
    ['inside where no list names anything', {}, { serverName: null }, 'inside'],
    [
      'inside its unit, case and spaces ignored',
      { organizationalUnits: ['ou=USERS, dc=Contoso,dc=com'] },
      {},
      'inside',
    ],
    ['inside a unit above', { organizationalUnits: ['DC=contoso,DC=com'] }, {}, 'inside'],
    ['inside one of several', { organizationalUnits: ['OU=Sales,DC=contoso,DC=com', 'DC=com'] }, {}, 'inside'],
    ['outside another', { organizationalUnits: ['OU=Sales,DC=contoso,DC=com'] }, {}, 'outside'],
    ['outside a unit of the same end', { organizationalUnits: ['OU=ers,DC=contoso,DC=com'] }, {}, 'outside'],
    [
      'outside a unit that is only in its name',
      { organizationalUnits: ['OU=Sales,DC=com'] },
      { dn: 'CN=x\\,OU=Sales,DC=com' },
      'outside',
    ],
    ['outside itself', { organizationalUnits: ['CN=Ana,OU=Users,DC=contoso,DC=com'] }, {}, 'outside'],
    ['inside its server', { servers: ['EX2', 'ex1'] }, {}, 'inside'],
    ['outside another server', { servers: ['EX2'] }, {}, 'outside'],
    ['unknown where Exchange does not tell', { servers: ['EX1'] }, { serverName: null }, 'unknown'],
    [
      'outside by its unit all the same',
      { servers: ['EX1'], organizationalUnits: ['DC=x'] },
      { serverName: null },
      'outside',
    ],
    ['outside when only one of both fits', { servers: ['EX2'], organizationalUnits: ['DC=com'] }, {}, 'outside'],
  ]
  test.each(cases)('%s', (_title, scope, given, expected) => {
    expect(scopeOf(mailbox(given), { organizationalUnits: [], servers: [], ...scope })).toBe(expected)
  })
})

describe('row 4', () => {
  const decided = (scope: Partial<Scope>, given: Parameters<typeof facts>[0]) => {
    const settings = { scope: { organizationalUnits: [], servers: [], ...scope } }
    const { decisions, changes } = decideMailbox(facts(given), context({ policy: policy({ settings }) }), fullRun)
    const edits = changes.flatMap((change) => (change.kind === 'lists' ? change.edits : []))
    return [decisions[0]?.reason, edits.map(({ before, after }) => `${before} ${after}`)]
  }
  const own = { mailbox: { allowed: ['ApplANA1'] }, entries: [entry('allowed')] }

  test('withdraws easgate’s entries of a mailbox outside the scope, excluded or not', () => {
    expect(decided({ servers: ['EX2'] }, own)).toEqual(['outOfScope', ['allowed neither']])
    expect(decided({ servers: ['EX2'] }, { ...own, owner: { isExcluded: true } })).toEqual([
      'outOfScope',
      ['allowed neither'],
    ])
  })
  test('leaves entries that others made', () => {
    expect(decided({ servers: ['EX2'] }, { mailbox: { allowed: ['ApplANA1'] } })).toEqual(['outOfScope', []])
  })
  test('touches nothing where the server is not told', () => {
    const unknown = { ...own, mailbox: { ...own.mailbox, serverName: null } }
    expect(decided({ servers: ['EX1'] }, unknown)).toEqual(['notEvaluated', []])
  })
  test('says in the trace what it looked at', () => {
    const settings = { scope: { organizationalUnits: ['OU=Sales,DC=x'], servers: [] } }
    const { changes } = decideMailbox(facts(own), context({ policy: policy({ settings }) }), fullRun)
    const traces = changes.flatMap((change) => (change.kind === 'lists' ? change.edits : [])).map(({ trace }) => trace)
    expect(traces[0]?.at(-1)).toMatchObject({ row: 4, fits: true, inputs: { scope: 'outside', server: 'EX1' } })
  })
})
