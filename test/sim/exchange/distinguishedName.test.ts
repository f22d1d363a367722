import { expect, test } from 'vitest'
import { canonicalName, dnKey, escapeValue, formatDn, parseDn } from '../../../sim/exchange/distinguishedName.ts'

test.each([
  ['iPhone§ApplDX3K10', 'iPhone§ApplDX3K10'],
  ["iPhone§Appl'; Get-Mailbox #", String.raw`iPhone§Appl'\; Get-Mailbox #`],
  ['Gomes, Ana', String.raw`Gomes\, Ana`],
  ['a+b"c\\d<e>f=g', String.raw`a\+b\"c\\d\<e\>f\=g`],
  ['#first', String.raw`\#first`],
  [' both ', String.raw`\ both\ `],
  [' ', String.raw`\ `],
  ['line\nend', String.raw`line\0Aend`],
])('%j is escaped in a DN as %j, and read back', (value, escaped) => {
  expect(escapeValue(value)).toBe(escaped)
  expect(parseDn(`CN=${escaped},DC=com`)).toEqual([
    { type: 'CN', value },
    { type: 'DC', value: 'com' },
  ])
})

test('a DN is read whichever way its characters are escaped', () => {
  expect(key(String.raw`cn=Gomes\2C \C3\84na, OU=Users,DC=contoso`)).toBe(
    key(String.raw`CN=Gomes\, Äna,ou=users,DC=Contoso`),
  )
})

test('text that is no DN is not read as one', () => {
  expect(parseDn('ana@contoso.com')).toBeUndefined()
  expect(parseDn('iPhone§A=b')).toBeUndefined()
})

test('the canonical name turns the DN round and escapes slashes', () => {
  const parts = parseDn(String.raw`CN=a/b\, c,OU=Users,OU=EU,DC=contoso,DC=com`) ?? []
  expect(canonicalName(parts)).toBe(String.raw`contoso.com/EU/Users/a\/b, c`)
  expect(formatDn(parts)).toBe(String.raw`CN=a/b\, c,OU=Users,OU=EU,DC=contoso,DC=com`)
})

function key(dn: string): string {
  return dnKey(parseDn(dn) ?? [])
}
