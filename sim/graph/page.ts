/** One page of a collection: `$top`, `$select`, `$count` and the opaque `$skiptoken` of the link to the next one (facts D1). */
import { unsupported } from './graphError.ts'
import { optionOf, rootOf, selectOf, type GraphReply, type GraphRequest } from './request.ts'
import { shown } from './unset.ts'
import type { CollectionName, GraphObject } from './world.ts'
import { packToken, unpackToken } from './token.ts'

export type Listed = { readonly place: number; readonly collection: CollectionName; readonly object: GraphObject }

export type Listing = {
  /** For `@odata.context`. */
  readonly name: string
  /** Objects after a place, in order. */
  readonly after: (place: number) => Iterable<Listed>
  readonly count: () => number
  readonly sizes: PageSizes
  /** Members of more than one kind carry `@odata.type`. */
  readonly isMixed?: boolean
}

/** `unset`: without `$top`. `most`: what `$top` may ask; past it a directory list refuses and an Intune list gives `most`. */
export type PageSizes = {
  readonly unset: number
  readonly most: number
  readonly refuses: boolean
  readonly cap: number
}

export const kindNames: Readonly<Record<CollectionName, string>> = {
  users: '#microsoft.graph.user',
  groups: '#microsoft.graph.group',
  devices: '#microsoft.graph.device',
  managedDevices: '#microsoft.graph.managedDevice',
}

export function pageOf(request: GraphRequest, listing: Listing): GraphReply {
  const size = pageSize(request, listing.sizes)
  const select = selectOf(request)
  const start = unpackToken(optionOf(request, '$skiptoken'))
  const value: Record<string, unknown>[] = []
  let last = start.place
  let hasMore = false
  for (const { place, collection, object } of listing.after(start.place)) {
    hasMore = value.length === size
    if (hasMore) break
    const row = shown(collection, object, select)
    value.push(listing.isMixed === true ? { '@odata.type': kindNames[collection], ...row } : row)
    last = place
  }
  const counts = optionOf(request, '$count') === 'true' && start.page === 1
  const body = {
    '@odata.context': `${rootOf(request)}/$metadata#${listing.name}${select === null ? '' : `(${select.join(',')})`}`,
    ...(counts ? { '@odata.count': listing.count() } : {}),
    ...(hasMore ? { '@odata.nextLink': linkTo(request, packToken({ place: last, page: start.page + 1 })) } : {}),
    value,
  }
  return { status: 200, body }
}

/** The request's own address with all its options, and the token. */
function linkTo(request: GraphRequest, token: string): string {
  const kept = [...request.url.searchParams].filter(([name]) => name !== '$skiptoken')
  const options = [...kept, ['$skiptoken', token]].map(
    ([name = '', value = '']) => `${name}=${encodeURIComponent(value)}`,
  )
  return `${request.url.origin}${request.url.pathname}?${options.join('&')}`
}

function pageSize(request: GraphRequest, sizes: PageSizes): number {
  const text = optionOf(request, '$top')
  if (text === null) return Math.min(sizes.unset, sizes.cap)
  const top = /^\d{1,9}$/.test(text) ? Number(text) : 0
  const isTooMuch = top > sizes.most && sizes.refuses
  if (top < 1 || isTooMuch) {
    throw unsupported(`Invalid page size specified: '${text}'. Must be between 1 and ${sizes.most} inclusive.`)
  }
  return Math.min(top, sizes.most, sizes.cap)
}
