/** The opaque `$skiptoken`: where a listing goes on, and which page that is. Pure. */
import { GraphFault } from './graphError.ts'

export type SkipToken = { readonly place: number; readonly page: number }

export function packToken({ place, page }: SkipToken): string {
  return Buffer.from(`s.${place}.${page}`).toString('base64url')
}

/** Null begins before the first object. Throws 400 on anything that is no token of ours. */
export function unpackToken(token: string | null): SkipToken {
  if (token === null) return { place: -1, page: 1 }
  const [, place, page] = /^s\.(-?\d+)\.(\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? []
  if (place === undefined)
    throw new GraphFault(400, 'Directory_ExpiredPageToken', 'The specified page token value is invalid or expired.')
  return { place: Number(place), page: Number(page) }
}

/** Which page of its listing a request asks for, 1 if it is the first or no page at all: for faults. */
export function pageNumberOf(token: string | null): number {
  const text = Buffer.from(token ?? '', 'base64url').toString()
  const [, page] = /^s\.-?\d+\.(\d+)$/.exec(text) ?? /"page":(\d+)/.exec(text) ?? []
  return page === undefined ? 1 : Number(page)
}
