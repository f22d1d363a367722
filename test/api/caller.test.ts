import azf from '@azure/functions'
import { describe, expect, test } from 'vitest'
import { identify, mayCall, type Caller, type Role } from '../../functions/api/caller.ts'
import { personId, principal } from './apiFixture.ts'

const azure = { isAzure: true, hasBuiltInAuth: true, isLoopbackAdmin: false }
const unguarded = { ...azure, hasBuiltInAuth: false }
const desk = { isAzure: false, hasBuiltInAuth: false, isLoopbackAdmin: true }
const elsewhere = { ...desk, isLoopbackAdmin: false }

const local: Caller = { id: 'local', roles: ['Admin'] }
const person = (...roles: Role[]): Caller => ({ id: personId, roles })
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')

function who(hosting: typeof azure, url: string, headers: Record<string, string> = {}) {
  return identify(new azf.HttpRequest({ method: 'GET', url, headers }), hosting)
}

describe('in Azure the platform’s header says who calls', () => {
  const site = 'https://easgate.example/health'
  const oid = { typ: 'oid', val: personId }
  const roleClaim = 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'
  const cases: [string, string | undefined, Caller | string][] = [
    ['one role', principal(['Operator']), person('Operator')],
    ['several roles, in our order', principal(['Admin', 'Reader']), person('Reader', 'Admin')],
    ['roles of other apps count for nothing', principal(['admin', 'Owner', 'Administrator']), person()],
    ['the short claim for the id', encode({ claims: [oid, { typ: 'roles', val: 'Reader' }] }), person('Reader')],
    ['the long claim for roles', encode({ claims: [oid, { typ: roleClaim, val: 'Reader' }] }), person('Reader')],
    [
      'the claim that role_typ names',
      encode({ role_typ: 'r', claims: [oid, { typ: 'r', val: 'Reader' }] }),
      person('Reader'),
    ],
    ['another claim with the name of a role', encode({ claims: [oid, { typ: 'groups', val: 'Admin' }] }), person()],
    ['no header', undefined, 'Sign in with Microsoft Entra ID.'],
    ['nobody’s id', principal(['Admin'], null), 'The header x-ms-client-principal is not readable, or names nobody.'],
    ['an empty id', principal(['Admin'], ''), 'The header x-ms-client-principal is not readable, or names nobody.'],
    ['no JSON', 'QQ==', 'The header x-ms-client-principal is not readable, or names nobody.'],
    [
      'no claims',
      encode({ userId: personId, userRoles: ['Admin'] }),
      'The header x-ms-client-principal is not readable, or names nobody.',
    ],
  ]
  test.each(cases)('%s', (_title, header, expected) => {
    expect(who(azure, site, header === undefined ? {} : { 'x-ms-client-principal': header })).toEqual(expected)
  })

  test('without built-in authentication it says nothing: anybody could have written it', () => {
    const said = who(unguarded, site, { 'x-ms-client-principal': principal(['Admin']) })
    expect(said).toBe('Nobody can sign in: switch the built-in authentication of the function app on.')
  })

  test('loopback is nobody there', () => {
    expect(who({ ...azure, isLoopbackAdmin: true }, 'http://localhost/health')).toBe('Sign in with Microsoft Entra ID.')
  })
})

describe('on a developer’s machine', () => {
  const notLoopback = 'Outside Azure only loopback is served; use http://localhost or http://127.0.0.1.'
  const cases: [string, string, Record<string, string>, Caller | string][] = [
    ['localhost is Admin', 'http://localhost:7071/health', {}, local],
    ['127.0.0.1 is Admin', 'http://127.0.0.1:7071/health', {}, local],
    ['::1 is Admin', 'http://[::1]:7071/health', {}, local],
    ['its own page is Admin', 'http://localhost:7071/health', { origin: 'http://localhost:3000' }, local],
    [
      'a role can be tried out',
      'http://localhost:7071/',
      { 'x-ms-client-principal': principal(['Reader']) },
      person('Reader'),
    ],
    ['another host is nobody', 'http://192.168.1.7:7071/health', {}, notLoopback],
    ['a name that only begins like it is nobody', 'http://localhost.evil.example/', {}, notLoopback],
    [
      'a header does not help another host',
      'http://10.0.0.1/',
      { 'x-ms-client-principal': principal(['Admin']) },
      notLoopback,
    ],
    ['a page of another site is nobody', 'http://localhost:7071/', { origin: 'https://evil.example' }, notLoopback],
    ['a sandboxed page is nobody', 'http://localhost:7071/', { origin: 'null' }, notLoopback],
  ]
  test.each(cases)('%s', (_title, url, headers, expected) => {
    expect(who(desk, url, headers)).toEqual(expected)
  })

  test('nobody, unless EASGATE_ADMIN_LOOPBACK says so', () => {
    const said = who(elsewhere, 'http://localhost:7071/', { 'x-ms-client-principal': principal(['Admin']) })
    expect(said).toBe('Outside Azure only loopback is served, and only with EASGATE_ADMIN_LOOPBACK=true.')
  })
})

describe('a role may do what those before it may', () => {
  const cases: [Role[], Role, boolean][] = [
    [[], 'Reader', false],
    [['Reader'], 'Reader', true],
    [['Reader'], 'Operator', false],
    [['Operator'], 'Reader', true],
    [['Operator'], 'Admin', false],
    [['Reader', 'Admin'], 'Admin', true],
    [['Admin'], 'Operator', true],
  ]
  test.each(cases)('%j reaches %s: %s', (roles, least, expected) => {
    expect(mayCall({ id: 'x', roles }, least)).toBe(expected)
  })
})
