/** Autodiscover: from the notification account's mail address to the address of EWS, or to why there is none. */
import { autodiscoverRequest, readAutodiscover } from './autodiscoverXml.ts'
import { candidatesFor, type Candidate } from './candidates.ts'
import type { ResolveSrv, Web } from './web.ts'
import { isAnswer, isSecure, type Identity, type WebReply } from './webRequest.ts'

export interface FindOptions extends Identity {
  /** Of the notification account. */
  readonly from: string
  readonly web: Web
  readonly resolveSrv: ResolveSrv
  readonly now: () => number
}

export type Found =
  | { readonly url: string; readonly by: string }
  /** What was asked and what it said, in order. */
  | { readonly tried: readonly string[] }

const mostHops = 10
const requestMs = 15_000
/** Of the whole search: whoever asked waits for it with a mail. */
const searchMs = 75_000

interface Search {
  readonly options: FindOptions
  readonly untilMs: number
  readonly tried: string[]
  /** Addresses that were asked, each with the mail address: a circle ends where it meets itself. */
  readonly asked: Set<string>
  hops: number
}

/** Never throws. */
export async function findEws(options: FindOptions): Promise<Found> {
  const search: Search = { options, untilMs: options.now() + searchMs, tried: [], asked: new Set(), hops: 0 }
  return (await searchFor(options.from, search)) ?? { tried: search.tried }
}

async function searchFor(address: string, search: Search): Promise<Found | undefined> {
  const { web, resolveSrv } = search.options
  for await (const candidate of candidatesFor(address, web, resolveSrv)) {
    const found = await ask(candidate, address, search)
    if (found || search.hops > mostHops || isOver(search)) return found
  }
  return undefined
}

/** One candidate, and wherever it redirects to. */
async function ask(candidate: Candidate, address: string, search: Search): Promise<Found | undefined> {
  let { url } = candidate
  for (;;) {
    if (candidate.isUnproven && search.options.authentication === 'Basic') {
      return note(
        search,
        url,
        'not asked: it was learned from DNS or plain http, where no password is sent; set mail.ewsUrl',
      )
    }
    if (isOver(search)) return note(search, url, `not asked: the search took more than ${searchMs / 1000} s`)
    const question = `${url} ${address}`
    if (search.asked.has(question)) return undefined
    search.asked.add(question)
    const reply = await post(url, address, search.options)
    const moved = redirectionOf(reply, url)
    if (moved === undefined && (!isAnswer(reply) || reply.status !== 200)) return note(search, url, describe(reply))
    const answer = moved ?? readAutodiscover(isAnswer(reply) ? reply.body : '')
    if (answer.kind === 'settings') return { url: answer.ewsUrl, by: url }
    if (answer.kind === 'problem') return note(search, url, answer.message)
    search.hops += 1
    if (search.hops > mostHops) return note(search, url, `more than ${mostHops} redirections`)
    if (answer.kind === 'address') return searchFor(answer.address, search)
    url = answer.url
  }
}

function isOver({ options, untilMs }: Search): boolean {
  return options.now() >= untilMs
}

async function post(url: string, address: string, { web, authentication, account }: FindOptions): Promise<WebReply> {
  return web.post({
    url,
    method: 'POST',
    headers: { 'Content-Type': 'text/xml; charset=utf-8', 'User-Agent': 'easgate', 'X-AnchorMailbox': address },
    body: autodiscoverRequest(address),
    authentication,
    ...(account && { account }),
    timeoutMs: requestMs,
  })
}

function redirectionOf(reply: WebReply, url: string) {
  if (!isAnswer(reply) || ![301, 302, 307, 308].includes(reply.status)) return undefined
  const location = reply.headers['location'] ?? ''
  const target = URL.canParse(location, url) ? new URL(location, url).href : ''
  return isSecure(target)
    ? ({ kind: 'url', url: target } as const)
    : ({ kind: 'problem', message: `HTTP ${reply.status} to an address that is not https` } as const)
}

function note(search: Search, url: string, what: string): undefined {
  search.tried.push(`${hostOf(url)}: ${what}`)
}

/** What an administrator needs of it: paths and queries of a redirection may hold anything. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that cannot be read'
}

function describe(reply: WebReply): string {
  if (!isAnswer(reply)) return `${reply.category}: ${reply.message}`
  return reply.status === 401 ? 'HTTP 401: it does not take the account' : `HTTP ${reply.status}`
}
