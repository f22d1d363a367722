import type { User as GraphUser } from '@microsoft/microsoft-graph-types'
import { expect, test } from 'vitest'
import { fromGraphUser, userProperties } from '../../functions/graph/fromGraphUser.ts'

const intune = 'c1ec4a95-1f05-45b3-a911-aa3fa01094f5'
const bare = { id: 'u', upn: null, displayName: null, addresses: [], dn: null, sid: null, isLicensed: false }

const everyProperty = (value: unknown): Record<string, unknown> => ({
  id: 'u',
  userPrincipalName: value,
  displayName: value,
  mail: value,
  proxyAddresses: value,
  assignedPlans: value,
  onPremisesDistinguishedName: value,
  onPremisesSecurityIdentifier: value,
})

test.each([
  ['only an id', { id: 'u' }],
  ['null everywhere', everyProperty(null)],
  ['numbers everywhere', everyProperty(7)],
  ['objects everywhere', everyProperty({ a: 1 })],
  ['properties nobody asked for', { id: 'u', '@odata.type': '#microsoft.graph.user', extension_x: [1] }],
])('reads a user with %s', (_title, row) => {
  expect(fromGraphUser(row, [intune])).toEqual(bare)
})

test.each([
  ['mail alone', 'Ana@Contoso.com', [], ['ana@contoso.com']],
  ['the primary address once', 'a@x', ['SMTP:A@X'], ['a@x']],
  ['prefixes in any case', null, ['SMTP:b@x', 'smtp:a@x', 'Smtp:c@x'], ['a@x', 'b@x', 'c@x']],
  ['no X500, SIP, EUM or bare entry', null, ['X500:/o=x', 'sip:a@x', 'EUM:1', 'a@x'], []],
  ['nothing for an empty address', '', ['smtp:', 'SMTP:'], []],
  ['opaque text', 'ünï @@ "quoted"@[::1]', ['smtp:a:b'], ['a:b', 'ünï @@ "quoted"@[::1]']],
  ['good entries beside odd ones', null, [null, 7, { smtp: 'a@x' }, 'smtp:a@x'], ['a@x']],
  ['the same list whatever the order', 'c@x', ['smtp:b@x', 'smtp:a@x'], ['a@x', 'b@x', 'c@x']],
])('takes of mail and proxyAddresses %s', (_title, mail, proxyAddresses, addresses) => {
  expect(fromGraphUser({ id: 'u', mail, proxyAddresses }, [])).toEqual({ ...bare, addresses })
})

test('reads the licence beside plans of any shape', () => {
  const plan = { servicePlanId: intune, capabilityStatus: 'Enabled', service: 'SCO', assignedDateTime: null }
  expect(fromGraphUser({ id: 'u', assignedPlans: [null, 'x', {}, plan] }, [intune]).isLicensed).toBe(true)
})

test.each([[{}], [{ id: '' }], [{ id: null }], [{ id: 7 }], [null], ['u'], [[]]])(
  'does not trust a list with the row %j',
  (row) => {
    expect(() => fromGraphUser(row, [])).toThrow(
      expect.objectContaining({ code: 'incompleteInventory', retryable: false }),
    )
  },
)

const values: Readonly<Record<string, unknown>> = {
  id: 'other',
  proxyAddresses: ['smtp:a@x'],
  assignedPlans: [{ servicePlanId: intune, capabilityStatus: 'Enabled' }],
}

/** The compiler knows Graph's names; the test, that none is asked for in vain. */
const asked: readonly (keyof GraphUser)[] = userProperties
test.each(asked)('reads %s, which is asked for', (name) => {
  expect(fromGraphUser({ id: 'u', [name]: values[name] ?? 'text' }, [intune])).not.toEqual(bare)
})
