/**
 * Checks a SAS token as the live service does; written from the description, not from the product's signing code. Pure but for the JWT hook.
 * Source: Microsoft Learn "Service Bus: Shared Access Signatures"; tolerances as measured with hyco-ws, .NET and aztunnel.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { JwtCheck, Right, Rule } from './rendezvousOptions.ts'
import { decoded, isWithin } from './relayPath.ts'

/** What the token must be good for. `host` without port; `path` with its suffix. */
export type Wanted = { host: string; path: string; right: Right }

export type TokenVerdict = { ok: true; expiresAt: number } | { ok: false; status: 401 | 403; text: string }

type Check = { rules: Rule[]; now: number; acceptJwt?: JwtCheck | undefined }

/**
 *   token                                             verdict
 *   none, malformed, unknown rule, wrong signature    401
 *   expired                                           401
 *   for another host or path (parents are fine)       403
 *   rule of another path, or without the right        403
 *   JWT                                               as the hook says, else 401
 */
export function verifyToken(token: string | undefined, wanted: Wanted, check: Check): TokenVerdict {
  if (token === undefined || token === '') return refused(401, 'MissingToken: the token is missing')
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) {
    const accepted = check.acceptJwt?.(token, wanted)
    if (accepted === undefined) return refused(401, 'InvalidSignature: the JWT is not accepted')
    return accepted.expiresAt > check.now
      ? { ok: true, ...accepted }
      : refused(401, 'ExpiredToken: the token is expired')
  }
  const fields = fieldsOf(token)
  if (fields === undefined) return refused(401, 'MalformedToken: the token is malformed')
  const rule = check.rules.find((candidate) => isSignedWith(candidate, fields))
  if (rule === undefined) return refused(401, 'InvalidSignature: the token has an invalid signature')
  const expiresAt = Number(fields.se) * 1000
  if (expiresAt <= check.now) return refused(401, 'ExpiredToken: the token is expired')
  if (!coversPath(fields.sr, wanted)) return refused(403, 'the token is not valid for this path')
  if (rule.path !== undefined && !isWithin(wanted.path, rule.path))
    return refused(403, 'the rule is not valid for this path')
  if (!rule.rights.includes(wanted.right)) return refused(403, `the rule lacks the right ${wanted.right}`)
  return { ok: true, expiresAt }
}

type Fields = { sr: string; sig: string; se: string; skn: string }

/** The four fields as they stand in the token, in any order, still encoded. */
function fieldsOf(token: string): Fields | undefined {
  const list = /^SharedAccessSignature\s+(\S+)$/i.exec(token.trim())?.[1]
  if (list === undefined) return undefined
  const fields = new Map(list.split('&').map((field) => [before(field, '='), after(field, '=')]))
  const [sr, sig, se, skn] = ['sr', 'sig', 'se', 'skn'].map((name) => fields.get(name) ?? '')
  if (!sr || !sig || !skn || se === undefined || !/^\d{1,12}$/.test(se)) return undefined
  return { sr, sig, se, skn }
}

/** The key is used as text; the signed string is the raw `sr`, whatever its encoding looks like. */
function isSignedWith(rule: Rule, fields: Fields): boolean {
  if (fields.skn !== rule.name && decoded(fields.skn) !== rule.name) return false
  const wanted = createHmac('sha256', rule.key).update(`${fields.sr}\n${fields.se}`).digest()
  const given = Buffer.from(decoded(fields.sig), 'base64')
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** Scheme, port, letter case and a trailing slash of `sr` do not matter. */
function coversPath(sr: string, wanted: Wanted): boolean {
  const uri = decoded(sr)
  if (!URL.canParse(uri)) return false
  const { hostname, pathname } = new URL(uri)
  return hostname.toLowerCase() === wanted.host.toLowerCase() && isWithin(wanted.path, pathname)
}

function refused(status: 401 | 403, text: string): TokenVerdict {
  return { ok: false, status, text }
}

function before(text: string, mark: string): string {
  const at = text.indexOf(mark)
  return at < 0 ? text : text.slice(0, at)
}

function after(text: string, mark: string): string {
  const at = text.indexOf(mark)
  return at < 0 ? '' : text.slice(at + mark.length)
}
