import { describe, expect, test } from 'vitest'
import { readEws, type EwsOutcome } from '../../../relay/mail/ewsReply.ts'
import type { WebReply } from '../../../relay/mail/webRequest.ts'
import { answer, fault } from '../../../sim/ews/ewsAnswers.ts'

const failed = (code: string, backOffMs?: number) => ({
  ...answer('CreateItem', { code, message: 'Text.', backOffMs }),
  headers: {},
})
const faulted = (code: string, backOffMs?: number) => ({ ...fault(code, 'Text.', backOffMs), headers: {} })
const html = (status: number, headers: Record<string, string> = {}): WebReply => ({
  status,
  headers,
  body: '<html><body>Sign in<br></body></html>',
})
const lost = (category: 'connect' | 'tls' | 'timeout' | 'tooLarge' | 'other', sent: boolean): WebReply => ({
  category,
  message: 'why',
  sent,
})

const text: string = expect.any(String)
const refused = (message = text): EwsOutcome => ({ kind: 'refused', message })
const unknown = (message = text): EwsOutcome => ({ kind: 'unknown', message })
const delayed = (more: object = {}): EwsOutcome => ({ kind: 'delayed', message: text, ...more })
const misplaced = { isMisplaced: true }

const cases: [string, WebReply, EwsOutcome][] = [
  ['NoError', { ...answer('CreateItem'), headers: {} }, { kind: 'done', server: '15.2.1544' }],
  // An error of the item
  ['ErrorInvalidRecipients', failed('ErrorInvalidRecipients'), refused('ErrorInvalidRecipients: Text.')],
  ['ErrorSendAsDenied', failed('ErrorSendAsDenied'), refused()],
  ['ErrorSchemaValidation', failed('ErrorSchemaValidation'), refused()],
  ['ErrorMailboxStoreUnavailable', failed('ErrorMailboxStoreUnavailable'), delayed()],
  ['ErrorQuotaExceeded', failed('ErrorQuotaExceeded'), delayed()],
  ['ErrorServerBusy', failed('ErrorServerBusy', 297_749), delayed({ retryAfterMs: 297_749 })],
  ['ErrorConnectionFailed', failed('ErrorConnectionFailed'), delayed(misplaced)],
  ['ErrorMailboxMoveInProgress', failed('ErrorMailboxMoveInProgress'), delayed(misplaced)],
  ['a code that nobody knows here', failed('ErrorSomethingNew'), unknown('ErrorSomethingNew: Text.')],
  // A SOAP fault, HTTP 500
  ['fault ErrorServerBusy', faulted('ErrorServerBusy', 5_000), delayed({ retryAfterMs: 5_000 })],
  ['fault ErrorImpersonateUserDenied', faulted('ErrorImpersonateUserDenied'), refused()],
  ['fault ErrorSchemaValidation', faulted('ErrorSchemaValidation'), refused('ErrorSchemaValidation: Text.')],
  ['fault ErrorInternalServerError', faulted('ErrorInternalServerError'), unknown()],
  ['a fault that only names its code', onlyFaultCode('ErrorServerBusy'), delayed()],
  // No answer of EWS
  ['HTTP 401', html(401), delayed({ message: expect.stringContaining('notification account') })],
  ['HTTP 403', html(403), delayed({ message: expect.stringContaining('EwsApplicationAccessPolicy') })],
  ['HTTP 404', html(404), delayed(misplaced)],
  ['HTTP 407', html(407), delayed({ message: expect.stringContaining('proxy') })],
  ['HTTP 302', html(302, { location: 'https://x/' }), delayed(misplaced)],
  ['HTTP 413', html(413), refused()],
  ['HTTP 400', html(400), refused()],
  ['HTTP 429', html(429, { 'retry-after': '120' }), delayed({ retryAfterMs: 120_000 })],
  ['HTTP 503', html(503, { 'retry-after': 'Fri, 21 Nov 2026 08:00:00 GMT' }), delayed(misplaced)],
  ['HTTP 500 without SOAP', html(500), unknown()],
  ['HTTP 502', html(502), unknown()],
  ['HTTP 504', html(504), unknown()],
  ['a page with HTTP 200', html(200), unknown(expect.stringContaining('without an answer of EWS'))],
  ['nothing with HTTP 200', { status: 200, headers: {}, body: '' }, unknown()],
  ['an answer to another operation', { ...answer('GetFolder'), headers: {} }, unknown()],
  ['an answer whose namespaces have https', withHttps(), unknown()],
  ['success with a code that is no success', half(), unknown()],
  // No answer at all
  ['no connection', lost('connect', false), delayed(misplaced)],
  ['no valid certificate', lost('tls', false), delayed(misplaced)],
  ['no answer in time', lost('timeout', true), unknown('no answer (timeout): why')],
  ['no connection in time', lost('timeout', false), delayed(misplaced)],
  ['cut', lost('other', true), unknown()],
  ['too much of an answer', lost('tooLarge', true), unknown()],
]

describe('what an answer means for the mail', () => {
  test.each(cases)('%s', (_what, reply, outcome) => {
    expect(readEws(reply, 'CreateItem')).toEqual(outcome)
  })
  test('no message holds the page that a proxy gave', () => {
    for (const [, reply] of cases) expect(JSON.stringify(readEws(reply, 'CreateItem'))).not.toContain('Sign in')
  })
})

function onlyFaultCode(code: string): WebReply {
  const body = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>a:${code}</faultcode><faultstring>Busy</faultstring></s:Fault></s:Body></s:Envelope>`
  return { status: 500, headers: {}, body }
}
function withHttps(): WebReply {
  return {
    status: 200,
    headers: {},
    body: answer('CreateItem').body.replaceAll('http://schemas.microsoft', 'https://schemas.microsoft'),
  }
}
function half(): WebReply {
  return { status: 200, headers: {}, body: answer('CreateItem').body.replace('NoError', 'ErrorBatchProcessingStopped') }
}
