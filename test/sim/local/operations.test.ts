/** Operations of a run, from its counts. */
import { expect, test } from 'vitest'
import { operationLines, operationsOf } from '../../../sim/local/operations.ts'

const counts = {
  'found.records': 7,
  tableRequests: 1_356,
  tableOperations: 2_434,
  queueSent: 13,
  queueReceived: 15,
  graphRequests: 9,
  graphThrottled: 1,
  relayConversations: 5,
  relayCommands: 111,
  relayBytes: 372_000,
}

test('are the counts of their names; a function is invoked for each message', () => {
  const { 'found.records': _found, graphThrottled: _throttled, ...operations } = counts
  expect(operationsOf(counts)).toEqual({ ...operations, invocations: 15 })
})

test('of nothing are zeros', () => {
  expect(new Set(Object.values(operationsOf({})))).toEqual(new Set([0]))
})

test('read as two lines', () => {
  expect(operationLines(operationsOf(counts))).toEqual([
    '9 Graph requests, 5 relay conversations with 111 cmdlets and 0.37 MB',
    '1356 table requests (2434 with every row of a transaction), 13 messages sent and 15 received, 15 function invocations',
  ])
})
