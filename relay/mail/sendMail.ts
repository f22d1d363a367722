/** Sends one mail: finds EWS, posts the mail once, and says what is known of it. It is never posted twice here, whatever the answer. */
import type { Logger } from 'pino'
import { expired } from '../powershell/outcomes.ts'
import type { Outcome } from '../powershell/stepReply.ts'
import type { EwsPlace } from './ewsPlace.ts'
import { readEws, type EwsOutcome } from './ewsReply.ts'
import { createItem, type Mail } from './ewsXml.ts'
import type { Identity, Post, WebRequest } from './webRequest.ts'

export interface MailSender extends Identity {
  /** The notification account's address. */
  readonly from: string
  readonly post: Post
  readonly place: EwsPlace
  readonly now: () => number
  readonly newId: () => string
  readonly log: Logger
}

const ewsMs = 60_000

const categories = { refused: 'mailRefused', delayed: 'mailDelayed', unknown: 'mailUnknown' } as const

/** `notAfter`: ISO 8601, UTC; read again when EWS is found, since that may take a minute. Never throws. */
export async function sendMail(mail: Mail, notAfter: () => string, sender: MailSender): Promise<Outcome> {
  const startedMs = sender.now()
  if (startedMs >= Date.parse(notAfter())) return expired(notAfter())
  const place = await sender.place.find()
  const isLate = sender.now() >= Date.parse(notAfter())
  const done =
    'tried' in place
      ? notFound(place.tried, place.retryAfterMs)
      : isLate
        ? expired(notAfter())
        : toOutcome(await postMail(mail, place.url, sender))
  const durationMs = sender.now() - startedMs
  if (!done.ok) sender.log.warn({ event: 'relay.mail.failed', category: done.error?.category, durationMs })
  return { ...done, durationMs }
}

/** The request to EWS as every operation makes it. */
export function ewsRequest(url: string, body: string, { from, authentication, account, newId }: EwsCaller): WebRequest {
  return {
    url,
    method: 'POST',
    headers: {
      'Content-Type': 'text/xml; charset=utf-8',
      Accept: 'text/xml',
      'User-Agent': 'easgate',
      // The mailbox whose server is to take the request
      'X-AnchorMailbox': from,
      // For whoever looks the request up in Exchange's own logs
      'client-request-id': newId(),
      'return-client-request-id': 'true',
    },
    body,
    authentication,
    ...(account && { account }),
    timeoutMs: ewsMs,
  }
}
export type EwsCaller = Identity & Pick<MailSender, 'from' | 'newId'>

async function postMail(mail: Mail, url: string, sender: MailSender): Promise<EwsOutcome> {
  const outcome = readEws(await sender.post(ewsRequest(url, createItem(mail), sender)), 'CreateItem')
  if (outcome.kind !== 'done' && outcome.isMisplaced) sender.place.doubt()
  return outcome
}

function toOutcome(outcome: EwsOutcome): Outcome {
  if (outcome.kind === 'done') return { ok: true, warnings: [], durationMs: 0 }
  const { kind, message, retryAfterMs } = outcome
  const error = { category: categories[kind], message, ...(retryAfterMs !== undefined && { retryAfterMs }) }
  return { ok: false, warnings: [], durationMs: 0, error }
}

function notFound(tried: readonly string[], retryAfterMs: number): Outcome {
  const message = `Autodiscover found no EWS: ${tried.join('; ')}. Set mail.ewsUrl with easgate-relay configure.`
  const error = { category: 'mailDelayed' as const, message: message.slice(0, 2_000), retryAfterMs }
  return { ok: false, warnings: [], durationMs: 0, error }
}
