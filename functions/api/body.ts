/** Request bodies: JSON objects, checked by a schema; whatever is wrong is answered with the names of the properties. */
import type { HttpRequest } from '@azure/functions'
import * as z from 'zod'
import { AppError } from '../errors.ts'

/** Far above the largest body that makes sense (a policy with all its pins). */
const maxBodyChars = 512 * 1024

/**
 * The body as the schema gives it. Properties named `@odata.…`, which Graph clients send along, are taken away first. Throws AppError
 * badRequest that names every problem.
 */
export async function readBody<T>(request: HttpRequest, schema: z.ZodType<T>, maxChars = maxBodyChars): Promise<T> {
  const body = await readOptionalBody(request, schema, maxChars)
  if (body !== null) return body
  throw new AppError('badRequest', 'the body is empty; send a JSON object')
}

/** The same; null where there is no body. */
export async function readOptionalBody<T>(
  request: HttpRequest,
  schema: z.ZodType<T>,
  maxChars = maxBodyChars,
): Promise<T | null> {
  const text = await request.text()
  if (text.trim() === '') return null
  if (text.length > maxChars) {
    throw new AppError('badRequest', `the body has ${text.length} characters, at most ${maxChars} are read`)
  }
  const parsed = schema.safeParse(withoutAnnotations(parseJson(text)), { error: missingText })
  if (parsed.success) return parsed.data
  throw new AppError('badRequest', issuesText(parsed.error))
}

/** An object with these properties and no others; each may be left out. A PATCH changes only what it is given. */
export function patchOf<T extends z.core.$ZodShape>(shape: T) {
  return closedObject(shape).partial()
}

/** `now` with what a PATCH gave in place of what was there. */
export function withGiven<T extends object>(now: T, given: { readonly [K in keyof T]?: T[K] | undefined }): T {
  const sent = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...now, ...Object.fromEntries(sent) }
}

/** An object with these properties and no others. */
export function closedObject<T extends z.core.$ZodShape>(shape: T) {
  const known = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `unknown: ${issue.keys.join(', ')}; known are ${known}` : undefined,
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('badRequest', 'the body is not JSON', { cause })
  }
}

function withoutAnnotations(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAnnotations)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([name]) => !name.includes('@odata.'))
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutAnnotations(one)]))
}

function missingText({ code, input, ...issue }: z.core.$ZodRawIssue): string | undefined {
  return code === 'invalid_type' && input === undefined ? `is missing (${String(issue['expected'])})` : undefined
}

function issuesText({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)).join('; ')
}
