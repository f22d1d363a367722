/** Mails to people, each at most once: claimed in the ledger before it is sent, its outcome recorded after. The folder's way in. */
import { AppError, asAppError } from '../errors.ts'
import type { LedgerMail } from '../core/mail.ts'
import type { Conversation } from '../ports.ts'
import { auditMail } from './auditMail.ts'
import { claimMail, lookUp } from './claimMail.ts'
import { endMail } from './endMail.ts'
import type { Notice, NoticeOptions, NoticePorts, NoticeReport, NoticeResult } from './notice.ts'
import { outcomeOf } from './outcomeOf.ts'

/** Conversations of one call: a relay may be lost, or have no notification account while another has. An uncertain outcome ends one, too. */
const mostConversations = 5
/** Delayed in a row: then it is not the recipient, and to go on would only lock the account. */
const mostDelays = 3
/** Rows that are read at once. */
const readsAtOnce = 16

/**
 * Sends what the ledger lets be sent, one mail after the other. Throws only AppErrors of the store; a mail that was claimed then is never sent again by
 * itself.
 */
export async function sendNotices(
  ports: NoticePorts,
  connectorId: string,
  notices: readonly Notice[],
  options: NoticeOptions,
): Promise<NoticeReport> {
  const work: Work = { ports, connectorId, options, results: new Map() }
  let waiting = await dueOnes(work, notices)
  let problem: AppError | null = null
  for (let left = mostConversations; left > 0 && waiting.length > 0 && !isLate(work); left -= 1) {
    problem = await sendSome(work, waiting)
    waiting = waiting.filter((notice) => !work.results.has(notice))
    if (problem && !isOfThisConversation(problem)) break
  }
  const results = notices.map((notice) => work.results.get(notice) ?? notTried(notice, problem))
  return { results, problem: waiting.length > 0 ? problem : null }
}

interface Work {
  readonly ports: NoticePorts
  readonly connectorId: string
  readonly options: NoticeOptions
  readonly results: Map<Notice, NoticeResult>
}

/** What may be claimed now; the others have their result, and no conversation is opened for them. */
async function dueOnes(work: Work, notices: readonly Notice[]): Promise<Notice[]> {
  const due: Notice[] = []
  const look = async (notice: Notice) => {
    const found = await lookUp(work.ports, work.connectorId, notice, work.options)
    if ('taken' in found) work.results.set(notice, resultOf(notice, found.taken))
    else due.push(notice)
  }
  for (let at = 0; at < notices.length; at += readsAtOnce) {
    await Promise.all(notices.slice(at, at + readsAtOnce).map(look))
  }
  return notices.filter((notice) => due.includes(notice))
}

/** Sends until the conversation ends, and says why it ended before the last one. */
async function sendSome(work: Work, notices: readonly Notice[]): Promise<AppError | null> {
  const storeFailures: unknown[] = []
  const ended = await work.ports.exchange
    .converse(work.connectorId, (conversation) =>
      sendAll(work, conversation, notices).catch((thrown: unknown) => {
        storeFailures.push(thrown)
        return null
      }),
    )
    .catch(asAppError)
  if (storeFailures.length > 0) throw storeFailures[0]
  return ended
}

async function sendAll(work: Work, conversation: Conversation, notices: readonly Notice[]): Promise<AppError | null> {
  if (!conversation.relay.sendsMail) return noAccount(conversation)
  let delays = 0
  for (const notice of notices) {
    if (isLate(work)) return null
    const { mail, lost } = await sendOne(work, conversation, notice)
    work.results.set(notice, resultOf(notice, mail))
    if (lost) return lost
    delays = mail.state === 'delayed' ? delays + 1 : 0
    if (delays >= mostDelays) return allDelayed(mail)
  }
  return null
}

/** `lost`: nothing more is to be sent in this conversation. */
async function sendOne(
  { ports, connectorId, options }: Work,
  conversation: Conversation,
  notice: Notice,
): Promise<{ mail: LedgerMail; lost: AppError | null }> {
  const claim = await claimMail(ports, connectorId, notice, options)
  if ('taken' in claim) return { mail: claim.taken, lost: null }
  const { claimed } = claim
  await auditMail(ports, connectorId, claimed.value, 'asked', options, notice.linkId)
  const { outcome, lost } = await outcomeOf(conversation, claimed.value.batchId, notice.mail)
  return { mail: await endMail(ports, connectorId, claimed, outcome, options), lost }
}

function isLate({ ports, options }: Work): boolean {
  return options.until !== undefined && ports.clock.now() >= options.until
}

/** Another conversation, perhaps with another relay, may do better. */
function isOfThisConversation({ code }: AppError): boolean {
  return code === 'relayLost' || code === 'relayRefused' || code === 'conflict'
}

function noAccount({ relay }: Conversation): AppError {
  const remedy = 'run easgate-relay configure on it and name the account that sends them'
  return new AppError('conflict', `Relay ${relay.host} has no notification account: ${remedy}.`)
}

function allDelayed({ message }: LedgerMail): AppError {
  const what = `${mostDelays} mails in a row could not be sent`
  return new AppError('exchangeFailed', `${what}, the last because: ${message}`, { retryable: true })
}

function resultOf({ record, reason }: Notice, { state, message, dueAt }: LedgerMail): NoticeResult {
  // Dropped while we looked: whoever wants it next may have it
  const shown = state === 'claimed' ? 'underWay' : state === 'dropped' ? 'notTried' : state
  return { record, reason, state: shown, message, dueAt }
}

function notTried({ record, reason }: Notice, problem: AppError | null): NoticeResult {
  return { record, reason, state: 'notTried', message: problem?.message ?? 'there was no time left', dueAt: null }
}
