/** Which HTTP function Azure's order gives a request to, and which sets of routes are refused because of it. */
import { describe, expect, test } from 'vitest'
import { findFunction, httpTable } from '../../../sim/host/httpTable.ts'
import type { LocalFunction } from '../../../sim/host/localFunction.ts'
import { parseRoute } from '../../../sim/host/route.ts'

/** `GET,PUT items/{id}` as a function; no methods means all. */
function fn(name: string, route: string): LocalFunction {
  const [path = '', methods = ''] = route.split(' ').toReversed()
  const metadata = { name, bindings: {} }
  const trigger = {
    kind: 'http' as const,
    route: parseRoute(path, '', name),
    methods: methods.split(',').filter((method) => method !== ''),
    authLevel: 'anonymous' as const,
  }
  return { name, metadata, callback: () => undefined, triggerBinding: 'in', trigger, outputs: new Map() }
}

const table = (routes: Record<string, string>) =>
  httpTable(Object.entries(routes).map(([name, route]) => fn(name, route)))

describe('a function that an earlier name hides is refused', () => {
  test.each([
    // asked first, never reached
    ['GET items/{id}', 'GET items/one'],
    ['GET items/{id}', 'GET items/{number:int}'],
    ['GET items/{id:int}', 'GET items/17'],
    ['GET items/{id}', 'GET items/{other}'],
    ['GET items/{id?}', 'GET items'],
    ['GET items/{id?}', 'GET items/{id}'],
    ['GET {*all}', 'GET items/{id}/part'],
    ['GET items/{*all}', 'GET items'],
    ['GET items/{*all}', 'GET items/{id?}'],
    ['GET items/{*all}', 'GET items/more/{*rest}'],
    ['items/{id}', 'GET items/one'],
    ['items/{id}', 'items/one'],
    ['GET,PUT items/{id}', 'PUT items/one'],
    ['GET ITEMS/{id}', 'GET items/One'],
  ])('%s before %s', (first, second) => {
    expect(() => table({ a: first, B: second })).toThrow(/function "B" .* and function "a" .*never run/)
  })
})

describe('functions that leave each other room are taken', () => {
  test.each([
    ['GET items/one', 'GET items/{id}'],
    ['GET items/{id:int}', 'GET items/{id:guid}'],
    ['GET items/{id:int}', 'GET items/abc'],
    ['GET items/{id}', 'GET items'],
    ['GET items/{id}', 'GET items/{id}/part'],
    ['GET items/{id}', 'GET items/{id?}'],
    ['GET items/{id}', 'PUT items/{id}'],
    ['GET items/{id}', 'GET,PUT items/one'],
    ['GET items/{id}', 'items/one'],
    ['GET items/{id}', 'GET things/{id}'],
    ['GET items/more/{*rest}', 'GET items/{*all}'],
  ])('%s before %s', (first, second) => {
    expect(() => table({ a: first, B: second })).not.toThrow()
  })
})

test.each([
  ['GET items/{id}', 'GET,PUT /Items/{id}/'],
  ['GET items', 'items'],
])('%s and %s are one route twice', (first, second) => {
  expect(() => table({ a: first, b: second })).toThrow('the same route')
})

test('functions are asked in the order of their names, whatever the order of registration or their case', () => {
  const routes = table({ Zero: 'GET {any}', one: 'GET one', Two: 'GET two', _last: 'PUT {any}' })
  expect(routes.map(({ fn }) => fn.name)).toEqual(['one', 'Two', 'Zero', '_last'])
  expect(findFunction(routes, 'GET', '/two')?.fn.name).toBe('Two')
  expect(findFunction(routes, 'GET', '/three')).toMatchObject({ fn: { name: 'Zero' }, params: { any: 'three' } })
  expect(findFunction(routes, 'PUT', '/two')?.fn.name).toBe('_last')
  expect(findFunction(routes, 'POST', '/two')).toBeUndefined()
})

test.each(['a{b}', '{a}-{b}', '{a:long}', '{a?}/b', '{*a}/b', '{', '{a b}'])('the route %s cannot be read', (route) => {
  expect(() => parseRoute(route, '', 'function "f"')).toThrow(/function "f": .*route/)
})
