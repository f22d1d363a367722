import { expect, test } from 'vitest'
import { linkFrom, linkText, type ActivationLink } from '../../functions/core/activationLink.ts'

const link: ActivationLink = {
  id: 'abc',
  connectorId: 'contoso',
  record: 'r1',
  mailboxGuid: 'm1',
  userId: null,
  reason: 'notEnrolled',
  expiresMs: 1_800_000_000_000,
}

test.each([link, { ...link, userId: 'u1' }])('a link is read as it was written', (one) => {
  expect(linkFrom(linkText(one))).toEqual(one)
})

test.each([
  '',
  'null',
  '{}',
  '[]',
  linkText(link).replace('a1', 'a2'),
  linkText({ ...link, record: '' }),
  linkText(link).replace('null', '7'),
  linkText(link).replace(/\d+]$/, '"soon"]'),
  linkText(link).replace(']', ',1]'),
])('anything else is no link: %s', (text) => {
  expect(linkFrom(text)).toBeNull()
})
