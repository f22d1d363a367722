/** `/users/delta`, `/groups/delta`, `/devices/delta`: pages of a round, then the link that begins the next round (facts D4). */
import { deltaItems } from './deltaItems.ts'
import { packDeltaToken, unpackDeltaToken, type DeltaToken } from './deltaToken.ts'
import { idFilter } from './directoryFilter.ts'
import { unsupported } from './graphError.ts'
import { optionOf, rootOf, selectOf, type GraphReply, type GraphRequest } from './request.ts'
import type { GraphState } from './state.ts'

export type DeltaOptions = {
  readonly pageSize: number
  readonly membersInItem: number
  /** Milliseconds since 1970: tokens grow old. */
  readonly now: () => number
}

type DeltaCollection = DeltaToken['of']

export function deltaOf(
  state: GraphState,
  request: GraphRequest,
  of: DeltaCollection,
  options: DeltaOptions,
): GraphReply {
  const address = `${rootOf(request)}/${of}/delta`
  const token = tokenOf(state, request, of, options, address)
  const isMinimal = /\breturn=minimal\b/.test(request.headers['prefer'] ?? '')
  const items = deltaItems(state, { ...token, isMinimal, membersInItem: options.membersInItem })
  const value: unknown[] = []
  let hasMore = false
  let place = 0
  for (const item of items) {
    hasMore = value.length === options.pageSize
    if (hasMore) break
    if (place >= token.done) value.push(item())
    place += 1
  }
  const next = hasMore
    ? { '@odata.nextLink': `${address}?$skiptoken=${packDeltaToken({ ...token, done: place, page: token.page + 1 })}` }
    : { '@odata.deltaLink': `${address}?$deltatoken=${packDeltaToken(nextRound(token, options.now()))}` }
  const context = `${rootOf(request)}/$metadata#${of}${token.select === null ? '' : `(${token.select.join(',')})`}`
  const headers = isMinimal ? { 'preference-applied': 'return=minimal' } : {}
  return { status: 200, headers, body: { '@odata.context': context, ...next, value } }
}

/** Where this request stands: at a link that was given out, or at the beginning of everything. */
function tokenOf(
  state: GraphState,
  request: GraphRequest,
  of: DeltaCollection,
  options: DeltaOptions,
  address: string,
): DeltaToken {
  const version = state.version()
  const nowMs = options.now()
  const skip = optionOf(request, '$skiptoken')
  if (skip !== null) return unpackDeltaToken(skip, of, version, nowMs, address)
  const delta = optionOf(request, '$deltatoken')
  if (delta !== null && delta !== 'latest') {
    const { upTo, ...kept } = unpackDeltaToken(delta, of, version, nowMs, address)
    return { ...kept, from: upTo, upTo: version }
  }
  for (const name of ['$top', '$orderby', '$expand', '$search']) {
    if (optionOf(request, name) !== null) throw unsupported(`${name} is not supported with delta.`)
  }
  const filter = optionOf(request, '$filter')
  const select = selectOf(request)
  return {
    of,
    from: delta === 'latest' ? version : null,
    upTo: version,
    select: select === null ? null : [...select],
    ids: filter === null ? null : [...idFilter(filter)],
    done: 0,
    page: 1,
    issued: nowMs,
  }
}

function nextRound(token: DeltaToken, nowMs: number): DeltaToken {
  return { ...token, done: 0, page: 1, issued: nowMs }
}
