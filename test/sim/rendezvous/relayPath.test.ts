import { describe, expect, it } from 'vitest'
import { applicationQuery, isWithin, parameter, registeredPath } from '../../../sim/rendezvous/relayPath.ts'

describe('registeredPath', () => {
  const registered = ['a', 'a/b', 'Sites/Berlin Mitte']
  it.each([
    ['a', 'a'],
    ['a/x', 'a'],
    ['a/b', 'a/b'],
    ['a/b/c', 'a/b'],
    ['a/bc', 'a'],
    ['A/B/c', 'a/b'],
    ['sites/berlin%20mitte/x', 'Sites/Berlin Mitte'],
    ['ab', undefined],
    ['b', undefined],
    ['%zz', undefined],
  ])('of %s is %s: the longest that contains it, by whole segments', (requested, expected) => {
    expect(registeredPath(requested, registered)).toBe(expected)
  })
})

it('compares paths by segments', () => {
  expect([isWithin('a/b', 'a'), isWithin('a/b', ''), isWithin('a', 'a/b'), isWithin('ab', 'a')]).toEqual([
    true,
    true,
    false,
    false,
  ])
})

it('finds parameters whatever their case and keeps the service’s own from the application', () => {
  const query = new URLSearchParams('X=1&SB-HC-Action=listen&sb-hc-token=t')
  expect(parameter(query, 'sb-hc-action')).toBe('listen')
  expect(applicationQuery(query).toString()).toBe('X=1')
})
