import { expect, test } from 'vitest'
import { AppError } from '../../functions/errors.ts'
import { RendezvousError } from '../../functions/exchange/rendezvous.ts'
import { unreachable } from '../../functions/exchange/unreachable.ts'
import { exchangeUnderTest } from './exchangeUnderTest.ts'

const ownError = new AppError('storeFailed', 'the table is gone')
const cases: [string, unknown, string, boolean][] = [
  ['no relay', new RendezvousError('noRelay', 'nobody'), 'noRelay', true],
  ['a relay that has its hands full', new RendezvousError('busy', 'full'), 'relayLost', true],
  ['silence', new RendezvousError('timeout', 'late'), 'relayLost', true],
  ['a broken network', new RendezvousError('network', 'reset'), 'relayLost', true],
  ['a missing right', new RendezvousError('unauthorized', 'no Send'), 'badConfiguration', false],
  ['a relay that turns us away', new RendezvousError('rejected', '418'), 'relayRefused', false],
  ['anything else', new Error('odd'), 'relayLost', true],
]

test.each(cases)('says of %s what it is and whether to try again', (_, thrown, code, retryable) => {
  const error = unreachable('con-1', thrown)
  expect({ code: error.code, retryable: error.retryable, cause: error.cause }).toEqual({
    code,
    retryable,
    cause: thrown,
  })
  expect(error.message).toContain('Connector con-1: ')
})

test('leaves an error that has a code already as it is', () => {
  expect(unreachable('con-1', ownError)).toBe(ownError)
})

test('is what converse throws when nothing can be dialled', async () => {
  const { exchange } = exchangeUnderTest([], {
    open: () => Promise.reject(new RendezvousError('noRelay', 'No relay is online')),
  })
  await expect(exchange.converse('con-1', async () => {})).rejects.toMatchObject({ code: 'noRelay', retryable: true })
})
