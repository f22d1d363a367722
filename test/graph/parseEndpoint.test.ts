import { expect, test } from 'vitest'
import { parseEndpoint } from '../../functions/graph/parseEndpoint.ts'

test.each([
  ['https://graph.microsoft.com', true, { origin: 'https://graph.microsoft.com', isLoopback: false }],
  ['https://graph.microsoft.us/', true, { origin: 'https://graph.microsoft.us', isLoopback: false }],
  ['http://127.0.0.1:8080', false, { origin: 'http://127.0.0.1:8080', isLoopback: true }],
  ['http://localhost:1', true, { origin: 'http://localhost:1', isLoopback: true }],
  ['http://[::1]:1', false, { origin: 'http://[::1]:1', isLoopback: true }],
])('takes %s', (endpoint, hasCredential, expected) => {
  expect(parseEndpoint(endpoint, hasCredential)).toEqual(expected)
})

test.each([
  ['plain http elsewhere', 'http://graph.microsoft.com', true, 'plain http'],
  ['no credential elsewhere', 'https://graph.microsoft.com', false, 'needs a credential'],
  ['a name that only looks like loopback', 'http://127.0.0.1.example.com', false, 'plain http'],
  ['a path', 'https://graph.microsoft.com/v1.0', true, 'without a path'],
  ['a user', 'https://a@graph.microsoft.com', true, 'without a path'],
  ['another scheme', 'ftp://127.0.0.1', false, 'no address'],
  ['no address', 'graph', true, 'no address'],
])('refuses %s', (_title, endpoint, hasCredential, message) => {
  const failure = expect.objectContaining({ code: 'badConfiguration', message: expect.stringContaining(message) })
  expect(() => parseEndpoint(endpoint, hasCredential)).toThrow(failure)
})
