/** What an answer of EWS means for the mail: sent, refused for good, certainly not sent, or not known (facts/exchange-and-graph.md C2). Pure. */
import { messages, soap, types } from './ewsXml.ts'
import { isAnswer, type WebReply, type WebResponse } from './webRequest.ts'
import { find, parseXml, type XmlElement } from './xml.ts'

export type EwsOutcome =
  | { readonly kind: 'done'; readonly server: string }
  | {
      readonly kind: 'refused' | 'delayed' | 'unknown'
      readonly message: string
      readonly retryAfterMs?: number
      /** EWS may have moved: Autodiscover is to be asked again. */
      readonly isMisplaced?: true
    }

const permanent = new Set(
  'ErrorAccessDenied ErrorSendAsDenied ErrorNonExistentMailbox ErrorMissingEmailAddress ErrorInvalidRecipients ErrorInvalidSmtpAddress ErrorInvalidServerVersion ErrorSchemaValidation ErrorMessageSizeExceeded ErrorImpersonateUserDenied ErrorImpersonationDenied ErrorImpersonationFailed ErrorMessageDispositionRequired'.split(
    ' ',
  ),
)
const transient = new Set(
  'ErrorServerBusy ErrorMailboxStoreUnavailable ErrorInternalServerTransientError ErrorTimeoutExpired ErrorExceededConnectionCount ErrorConnectionFailed ErrorMailboxMoveInProgress ErrorQuotaExceeded'.split(
    ' ',
  ),
)
const moved = new Set(['ErrorConnectionFailed', 'ErrorMailboxMoveInProgress'])

/*
 * no answer                 | the request never arrived: delayed, misplaced        | it may have: unknown
 * HTTP 200, 500 with SOAP   | NoError: done                                        | an error: by its code, below
 * HTTP 401, 403, 404–407    | delayed: an administrator must act                   | 404, 405 misplaced
 * HTTP 3xx                  | delayed, misplaced: EWS does not redirect
 * HTTP 408, 429, 503        | delayed, Retry-After; 503 misplaced
 * HTTP 400, 413             | refused
 * anything else, also HTML  | unknown: whoever answered may have passed it on
 *
 * code   permanent: refused   transient: delayed, BackOffMilliseconds   not known here: unknown
 */
export function readEws(reply: WebReply, operation: 'CreateItem' | 'GetFolder'): EwsOutcome {
  if (!isAnswer(reply)) {
    const message = `no answer (${reply.category}): ${reply.message}`
    return reply.sent ? { kind: 'unknown', message } : { kind: 'delayed', message, isMisplaced: true }
  }
  const envelope = parseSoap(reply.body)
  return envelope ? readSoap(envelope, operation, reply) : byStatus(reply)
}

function readSoap(envelope: XmlElement, operation: string, reply: WebResponse): EwsOutcome {
  const body = find(envelope, soap, 'Body')
  const fault = find(body, soap, 'Fault')
  if (fault) return byCode(codeIn(fault), textOf(fault, 'Message') || textOf(fault, 'faultstring'), fault)
  const answer = find(body, messages, `${operation}Response`, 'ResponseMessages', `${operation}ResponseMessage`)
  if (!answer) return byStatus(reply)
  const code = find(answer, messages, 'ResponseCode')?.text.trim() ?? ''
  if (answer.attributes['ResponseClass'] === 'Success' && code === 'NoError') {
    return { kind: 'done', server: serverOf(envelope) }
  }
  return byCode(code || 'an answer without a code', find(answer, messages, 'MessageText')?.text ?? '', answer)
}

function byCode(code: string, text: string, element: XmlElement): EwsOutcome {
  const message = `${code.slice(0, 100)}${text.trim() === '' ? '' : `: ${text.trim().slice(0, 500)}`}`
  if (permanent.has(code)) return { kind: 'refused', message }
  if (!transient.has(code)) return { kind: 'unknown', message }
  const backOff = backOffMs(element)
  return {
    kind: 'delayed',
    message,
    ...(backOff !== undefined && { retryAfterMs: backOff }),
    ...(moved.has(code) && { isMisplaced: true }),
  }
}

const byHttpStatus: Readonly<Record<number, { kind: 'refused' | 'delayed'; why: string; isMisplaced?: true }>> = {
  400: { kind: 'refused', why: 'EWS did not understand the request' },
  401: {
    kind: 'delayed',
    why: 'EWS does not take the notification account: check its name, password and authentication',
  },
  403: {
    kind: 'delayed',
    why: 'EWS is closed to the notification account: check EwsEnabled and EwsApplicationAccessPolicy',
  },
  404: { kind: 'delayed', why: 'there is no EWS at this address', isMisplaced: true },
  405: { kind: 'delayed', why: 'there is no EWS at this address', isMisplaced: true },
  407: { kind: 'delayed', why: 'the proxy wants credentials: run easgate-relay configure' },
  408: { kind: 'delayed', why: 'the request took too long to arrive' },
  413: { kind: 'refused', why: 'the mail is larger than the server takes' },
  429: { kind: 'delayed', why: 'the server asks to wait' },
  503: { kind: 'delayed', why: 'the server is not available', isMisplaced: true },
}

function byStatus({ status, headers }: WebResponse): EwsOutcome {
  if (status >= 300 && status < 400) {
    const message = `HTTP ${status}: this address redirects, as EWS never does`
    return { kind: 'delayed', message, isMisplaced: true }
  }
  const known = byHttpStatus[status]
  if (!known)
    return { kind: 'unknown', message: `HTTP ${status} without an answer of EWS: a proxy or another program spoke` }
  const { why, ...rest } = known
  const seconds = /^\d{1,6}$/.exec(headers['retry-after'] ?? '')?.[0]
  return {
    ...rest,
    message: `HTTP ${status}: ${why}`,
    ...(seconds !== undefined && { retryAfterMs: Number(seconds) * 1000 }),
  }
}

function parseSoap(text: string): XmlElement | undefined {
  try {
    const root = parseXml(text)
    return root.namespace === soap && root.name === 'Envelope' ? root : undefined
  } catch {
    return undefined
  }
}

/** In the fault's detail, in a namespace that differs by server version; where there is none, the fault's own code says it. */
function codeIn(fault: XmlElement): string {
  return textOf(fault, 'ResponseCode') || textOf(fault, 'faultcode').replace(/^.*:/, '') || 'a fault without a code'
}

function textOf(element: XmlElement, name: string): string {
  return (
    inside(element)
      .find((inner) => inner.name === name)
      ?.text.trim() ?? ''
  )
}

function backOffMs(element: XmlElement): number | undefined {
  const value = inside(element).find(
    ({ name, attributes }) => name === 'Value' && attributes['Name'] === 'BackOffMilliseconds',
  )
  return value && /^\d{1,9}$/.test(value.text.trim()) ? Number(value.text.trim()) : undefined
}

function inside(element: XmlElement): XmlElement[] {
  return element.children.flatMap((child) => [child, ...inside(child)])
}

function serverOf(envelope: XmlElement): string {
  const info = find(find(envelope, soap, 'Header'), types, 'ServerVersionInfo')
  const version = ['MajorVersion', 'MinorVersion', 'MajorBuildNumber'].map((name) => info?.attributes[name] ?? '?')
  return version.includes('?') ? 'unknown version' : version.join('.')
}
