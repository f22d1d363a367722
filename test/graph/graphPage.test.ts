import { expect, test } from 'vitest'
import { checkCursor, makeLoopCheck } from '../../functions/graph/graphPage.ts'

const asked = { what: 'Reading users', permission: 'User.Read.All' }
const origin = 'https://graph.microsoft.com'

test.each([
  'https://graph.microsoft.com/v1.0/users?$skiptoken=a',
  'https://GRAPH.microsoft.com:443/v1.0/users?$skiptoken=a',
])('follows %s as it is given', (cursor) => {
  expect(checkCursor(cursor, origin, asked)).toBe(cursor)
})

test.each([
  'https://graph.microsoft.com.example.org/v1.0/users',
  'https://example.org/v1.0/users',
  'https://graph.microsoft.com:8443/v1.0/users',
  'http://graph.microsoft.com/v1.0/users',
  'https://user:password@graph.microsoft.com/v1.0/users',
  'https://graph.microsoft.com@example.org/v1.0/users',
  '/v1.0/users?$skiptoken=a',
  'javascript:1',
  '',
])('does not follow "%s"', (cursor) => {
  const failure = expect.objectContaining({ code: 'graphFailed', retryable: false })
  expect(() => checkCursor(cursor, origin, asked)).toThrow(failure)
})

const walk =
  (...steps: readonly (readonly [string, string | null])[]) =>
  (): void => {
    const check = makeLoopCheck()
    for (const [from, next] of steps) check(from, next, asked)
  }

test.each([
  ['a listing that ends', walk(['a', 'b'], ['b', 'c'], ['c', null])],
  ['a page that is asked again', walk(['a', 'b'], ['b', 'c'], ['b', 'c'], ['c', null])],
  ['a listing that is begun again', walk(['a', 'b'], ['b', 'c'], ['a', 'b'], ['b', 'c'])],
])('lets %s go by', (_title, steps) => {
  expect(steps).not.toThrow()
})

test.each([
  ['a page that leads to itself', walk(['a', 'a'])],
  ['a circle of two', walk(['a', 'b'], ['b', 'c'], ['c', 'b'])],
  ['a circle of three', walk(['a', 'b'], ['b', 'c'], ['c', 'd'], ['d', 'b'])],
])('refuses %s', (_title, steps) => {
  expect(steps).toThrow(expect.objectContaining({ code: 'graphFailed', message: expect.stringContaining('never end') }))
})
