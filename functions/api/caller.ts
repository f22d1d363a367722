/** Who calls: Entra's sign-in, done by the platform in front of the app, or on a developer's machine whoever sits there. */
import type { HttpRequest } from '@azure/functions'
import * as z from 'zod'
import type { Wiring } from '../wiring.ts'

/** App roles of the Entra application; each may do what those before it may. */
export const roles = ['Reader', 'Operator', 'Admin'] as const
export type Role = (typeof roles)[number]

export interface Caller {
  /** Entra object id of a person or application; `local` on a developer's machine. Goes into the audit. */
  readonly id: string
  readonly roles: readonly Role[]
}

/** Whether one of the caller's roles reaches `least`. */
export function mayCall(caller: Caller, least: Role): boolean {
  return caller.roles.some((role) => roles.indexOf(role) >= roles.indexOf(least))
}

/*
 * where                                  | x-ms-client-principal | caller
 * Azure, built-in authentication on      | readable              | whom it names, with the app roles in it
 *                                        | missing, not readable | nobody
 * Azure, built-in authentication off     | whatever it says      | nobody: anyone could have written it
 * elsewhere, this machine's own loopback | missing               | local, Admin (setting EASGATE_ADMIN_LOOPBACK)
 *                                        | given                 | whom it names: to try a role out
 * elsewhere, anything else               | whatever it says      | nobody
 */

/** The caller, or why there is none, as a sentence for the answer. */
export function identify(request: HttpRequest, hosting: Wiring['hosting']): Caller | string {
  const principal = request.headers.get('x-ms-client-principal')
  if (hosting.isAzure) {
    if (!hosting.hasBuiltInAuth) return 'Nobody can sign in: switch the built-in authentication of the function app on.'
    return principal === null ? 'Sign in with Microsoft Entra ID.' : (fromPrincipal(principal) ?? unreadable)
  }
  if (!hosting.isLoopbackAdmin)
    return 'Outside Azure only loopback is served, and only with EASGATE_ADMIN_LOOPBACK=true.'
  if (!isOwnLoopback(request)) return 'Outside Azure only loopback is served; use http://localhost or http://127.0.0.1.'
  return principal === null ? { id: 'local', roles: ['Admin'] } : (fromPrincipal(principal) ?? unreadable)
}

const unreadable = 'The header x-ms-client-principal is not readable, or names nobody.'

/** By name, not by address: a page of somebody else's site that calls here, directly or by DNS rebinding, shows in Host or Origin. */
export function isOwnLoopback(request: HttpRequest): boolean {
  const origin = request.headers.get('origin')
  return isLoopbackUrl(request.url) && (origin === null || isLoopbackUrl(origin))
}

function isLoopbackUrl(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(url).hostname)
}

/** App Service's JSON: https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities */
const principalSchema = z.object({
  role_typ: z.string().nullish(),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })),
})

const claimRoot = 'http://schemas.microsoft.com'
const idClaims = [`${claimRoot}/identity/claims/objectidentifier`, 'oid']
const roleClaims = [`${claimRoot}/ws/2008/06/identity/claims/role`, 'roles']

export interface Principal {
  /** Entra object id. */
  readonly id: string
  readonly claims: readonly { readonly typ: string; readonly val: string }[]
  readonly roleClaim: string | null
}

/** null: not readable, or it names nobody. */
export function readPrincipal(header: string): Principal | null {
  const parsed = principalSchema.safeParse(parseJson(Buffer.from(header, 'base64').toString('utf8')))
  if (!parsed.success) return null
  const { claims, role_typ: roleClaim = null } = parsed.data
  const id = claims.find(({ typ, val }) => idClaims.includes(typ) && val !== '')?.val
  return id === undefined ? null : { id, claims, roleClaim }
}

function fromPrincipal(header: string): Caller | null {
  const principal = readPrincipal(header)
  if (!principal) return null
  const { id, claims, roleClaim } = principal
  const given = new Set(claims.filter(({ typ }) => roleClaims.includes(typ) || typ === roleClaim).map(({ val }) => val))
  return { id, roles: roles.filter((role) => given.has(role)) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
