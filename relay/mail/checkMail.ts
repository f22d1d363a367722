/** Checks the notification account for `easgate-relay check`: Autodiscover finds EWS, and EWS opens the mailbox. Sends nothing. */
import { randomUUID } from 'node:crypto'
import { EwsPlace } from './ewsPlace.ts'
import { readEws, type EwsOutcome } from './ewsReply.ts'
import { getSentItems } from './ewsXml.ts'
import { webShellFor, type MailServiceOptions } from './mailService.ts'
import { ewsRequest } from './sendMail.ts'
import { systemResolver, type ResolveSrv, type Web } from './web.ts'

export interface MailCheckStep {
  readonly step: 'autodiscover' | 'ews'
  readonly ok: boolean
  /** One line. */
  readonly text: string
  readonly remedy?: string
}

export interface MailCheckOptions extends MailServiceOptions {
  /** Instead of a PowerShell child of its own. */
  readonly web?: Web
  readonly resolveSrv?: ResolveSrv
}

/** No steps when the configuration names no notification account. Never throws; takes up to two and a half minutes where nothing answers. */
export async function checkMail(options: MailCheckOptions): Promise<readonly MailCheckStep[]> {
  const { mail } = options.config
  if (!mail) return []
  const child = options.web ? undefined : webShellFor(options)
  const web = options.web ?? child
  if (!web) return []
  try {
    const { resolveSrv = systemResolver } = options
    const place = await new EwsPlace({ ...mail, web, resolveSrv, now: Date.now }).find()
    if ('tried' in place) return [notFound(place.tried)]
    const caller = { ...mail, newId: randomUUID }
    const reply = await web.post(ewsRequest(place.url, getSentItems(mail.from), caller))
    return [found(place), ewsStep(readEws(reply, 'GetFolder'), place.url)]
  } finally {
    child?.close()
  }
}

function found({ url, by }: { readonly url: string; readonly by: string }): MailCheckStep {
  const text = by === 'the configuration' ? `not needed: EWS is set to ${url}` : `EWS is at ${url}, says ${by}`
  return { step: 'autodiscover', ok: true, text }
}

function notFound(tried: readonly string[]): MailCheckStep {
  return {
    step: 'autodiscover',
    ok: false,
    text: `no EWS found: ${tried.join('; ')}`,
    remedy: 'set mail.ewsUrl (for example https://mail.contoso.com/EWS/Exchange.asmx) with easgate-relay configure',
  }
}

function ewsStep(outcome: EwsOutcome, url: string): MailCheckStep {
  if (outcome.kind === 'done') {
    return { step: 'ews', ok: true, text: `the notification account's mailbox opens (Exchange ${outcome.server})` }
  }
  return { step: 'ews', ok: false, text: `${url}: ${outcome.message}`, remedy: remedies[outcome.kind] }
}

const remedies = {
  refused:
    'check that mail.from is the address of the notification account, and that the account may open that mailbox',
  delayed: 'do what the message says, then run easgate-relay check again',
  unknown: 'something else answers at this address: check mail.ewsUrl, and what stands between here and Exchange',
} as const
