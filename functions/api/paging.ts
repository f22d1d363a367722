/** Pages as Graph gives them: `$top` for the size, `@odata.nextLink` with an opaque `$skiptoken` to go on. Pure. */
import type { HttpRequest } from '@azure/functions'
import type * as z from 'zod'
import { AppError } from '../errors.ts'

/** How many items the caller wants. Throws AppError badRequest for anything but 1 to `max`. */
export function readTop(request: HttpRequest, usual: number, max: number): number {
  const text = request.query.get('$top')
  if (text === null) return usual
  const top = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (top >= 1 && top <= max) return top
  throw new AppError('badRequest', `$top must be a whole number from 1 to ${max}`)
}

/** Where the caller is, as an earlier nextLink said it; null at the start. Throws AppError badRequest. */
export function readPosition<T>(request: HttpRequest, schema: z.ZodType<T>): T | null {
  const token = request.query.get('$skiptoken')
  if (token === null) return null
  const parsed = schema.safeParse(parseToken(token))
  if (parsed.success) return parsed.data
  throw new AppError('badRequest', '$skiptoken is none of ours; follow @odata.nextLink as it is')
}

/** A page; `next` is where the following one starts, null at the end. */
export function pageBody(request: HttpRequest, value: readonly unknown[], next: unknown) {
  return next === null ? { value } : { value, '@odata.nextLink': nextLink(request, next) }
}

function nextLink(request: HttpRequest, position: unknown): string {
  const url = new URL(request.url)
  url.searchParams.set('$skiptoken', Buffer.from(JSON.stringify(position)).toString('base64url'))
  return url.href.replaceAll('%24', '$')
}

function parseToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
