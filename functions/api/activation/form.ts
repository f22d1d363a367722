/** That a form was shown by us to this person for this link, and sent from our own page. */
import type { HttpRequest } from '@azure/functions'
import * as z from 'zod'
import type { ActivationLink } from '../../core/activationLink.ts'
import type { Ports } from '../../ports.ts'
import type { Person } from './personSignedIn.ts'

export interface FormOwner {
  readonly ports: Pick<Ports, 'activation' | 'clock'>
  readonly link: Pick<ActivationLink, 'id'>
  readonly person: Pick<Person, 'userId'>
}

const lifeMs = 60 * 60_000
const maxChars = 16 * 1024
const schema = z.tuple([z.string(), z.string(), z.number()])

export function formToken({ ports: { activation, clock }, link, person }: FormOwner): string {
  const expiresMs = clock.now().getTime() + lifeMs
  return activation.sign('activation form', JSON.stringify([link.id, person.userId, expiresMs]))
}

export function isFormOf({ ports: { activation, clock }, link, person }: FormOwner, token: string): boolean {
  const text = activation.open('activation form', token)
  if (text === null) return false
  const [id, userId, expiresMs] = schema.parse(JSON.parse(text))
  return id === link.id && userId === person.userId && expiresMs > clock.now().getTime()
}

/*
 * Sec-Fetch-Site | Origin                              | from our own page
 * same-origin    | any                                 | yes: browsers say so themselves
 * anything else  | any                                 | no
 * none           | the request's, or the public one    | yes
 * none           | anything else, or none              | no
 */
export function isSameOrigin(request: HttpRequest, publicUrl: string | null): boolean {
  const site = request.headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const origin = request.headers.get('origin')
  return origin !== null && (origin === new URL(request.url).origin || origin === publicUrl)
}

/** A form that is too long, or not a form, is empty. */
export async function readForm(request: HttpRequest): Promise<URLSearchParams> {
  const type = request.headers.get('content-type') ?? ''
  const text = type.startsWith('application/x-www-form-urlencoded') ? await request.text() : ''
  return new URLSearchParams(text.length > maxChars ? '' : text)
}
