import { expect, test } from 'vitest'
import { graphFailure } from '../../functions/graph/graphFailure.ts'

const asked = { what: 'Reading users', permission: 'User.Read.All' }
const ofGroup = { what: 'Reading members of group g', permission: 'GroupMember.Read.All', groupId: 'g' }

const reply = (status: number, text: string) => ({
  status,
  text,
  header: () => null,
  requestId: 'r1',
  clientRequestId: 'c1',
})
const body = (code: string): string =>
  JSON.stringify({ error: { code, message: 'secret text of Graph', innerError: {} } })

test.each([
  [400, asked, 'graphFailed', false, 'failed: 400 SomeCode'],
  [401, asked, 'graphDenied', false, 'identity'],
  [403, asked, 'graphDenied', false, 'User.Read.All'],
  [403, ofGroup, 'graphDenied', false, 'GroupMember.Read.All'],
  [404, asked, 'graphFailed', false, 'Reading users'],
  [404, ofGroup, 'groupNotFound', false, 'Group g does not exist'],
  [410, asked, 'graphFailed', false, 'begin again'],
  [429, asked, 'graphFailed', true, '429'],
  [500, asked, 'graphFailed', true, '500'],
  [501, asked, 'graphFailed', false, '501'],
  [503, ofGroup, 'graphFailed', true, '503'],
])('makes of %i, reading %j, the error %s (retryable: %s)', (status, what, code, retryable, message) => {
  const error = graphFailure(reply(status, body('SomeCode')), what)
  expect(error).toMatchObject({ code, retryable })
  for (const part of [message, 'SomeCode', 'request-id r1', 'client-request-id c1'])
    expect(error.message).toContain(part)
  expect(error.message).not.toContain('secret text')
})

test.each(['', '<html>Bad gateway</html>', '{"error":null}', '{"error":{"code":7}}', '[]'])(
  'needs no error body: %j',
  (text) => {
    expect(graphFailure(reply(502, text), asked).message).toContain('502 without a code')
  },
)
