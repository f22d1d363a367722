/** Errors of the Azure clients become AppErrors that say what to do, with the cause's frames and none of its words. */
import { RestError } from '@azure/core-rest-pipeline'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../functions/errors.ts'
import { toAppError } from '../../functions/store/storageError.ts'

const secret = 'https://x.table.core.windows.net/t?sig=secret SharedKey x:secret'

function restError(statusCode: number | undefined, code: string): RestError {
  return new RestError(secret, { code, ...(statusCode !== undefined && { statusCode }) })
}

describe('toAppError', () => {
  test.each([
    ['no connection', restError(undefined, 'ECONNRESET'), 'storeFailed', true],
    ['an attempt that was given up', restError(undefined, 'ETIMEDOUT'), 'storeFailed', true],
    ['a bad request', restError(400, 'InvalidInput'), 'storeFailed', false],
    ['a bad signature', restError(403, 'AuthenticationFailed'), 'storeFailed', true],
    ['a missing role', restError(401, 'Unauthorized'), 'storeFailed', true],
    ['a missing row', restError(404, 'ResourceNotFound'), 'notFound', false],
    ['a missing table', restError(404, 'TableNotFound'), 'storeFailed', true],
    ['a row that is there', restError(409, 'EntityAlreadyExists'), 'changedMeanwhile', true],
    ['a table that is being deleted', restError(409, 'TableBeingDeleted'), 'storeFailed', true],
    ['another ETag', restError(412, 'UpdateConditionNotSatisfied'), 'changedMeanwhile', true],
    ['too large a body', restError(413, 'RequestBodyTooLarge'), 'storeFailed', false],
    ['too many requests', restError(429, 'TooManyRequests'), 'storeFailed', true],
    ['a failing service', restError(500, 'InternalError'), 'storeFailed', true],
    ['a busy service', restError(503, 'ServerBusy'), 'storeFailed', true],
    ['an identity that fails', new Error(secret), 'storeFailed', true],
    ['a thrown text', secret, 'storeFailed', true],
    ['a thrown null', null, 'storeFailed', true],
  ])('%s', (_, thrown, code, retryable) => {
    const error = toAppError('write row r to table t', thrown)
    expect(error).toMatchObject({ code, retryable })
    expect(error.message).toMatch(/^cannot write row r to table t: /)
    expect(inspect(error, { depth: 9 })).not.toContain('secret')
  })

  test('names the role that is missing', () => {
    expect(toAppError('x', restError(403, 'AuthorizationPermissionMismatch')).message).toBe(
      'cannot x: status 403, AuthorizationPermissionMismatch. ' +
        'Give the app identity the roles Storage Table Data Contributor and Storage Queue Data Contributor.',
    )
  })

  test('keeps where it happened', () => {
    const cause = toAppError('x', restError(500, 'InternalError')).cause
    expect(cause instanceof Error && cause.stack).toMatch(/^RestError: status 500, InternalError\n {4}at restError/)
  })

  test('leaves an AppError as it is', () => {
    const error = new AppError('internal', 'as it is')
    expect(toAppError('x', error)).toBe(error)
  })
})
