/** The notification's text between Graph's form (base64 of UTF-8 HTML) and the policy's; only known placeholders may stand in it. Pure. */
import * as z from 'zod'

/** What the mail to a user may be filled with. A closed list: a typing error would reach people as `{{nmae}}`. */
export const placeholders = [
  'displayName',
  'deviceType',
  'deviceModel',
  'deviceId',
  'reason',
  'activationLink',
  'deadline',
] as const

const maxHtmlChars = 32_000

/** Graph's Edm.Binary to HTML; null and the empty text are no notification. */
export const notificationContent = z
  .string()
  .nullable()
  .transform((base64, context): string => {
    const html = base64 === null ? '' : decode(base64)
    const problem = html === null ? 'must be base64 of UTF-8 text' : problemOf(html)
    if (html !== null && problem === null) return html
    context.addIssue({ code: 'custom', message: problem ?? '' })
    return z.NEVER
  })

export function toNotificationContent(html: string): string | null {
  return html === '' ? null : Buffer.from(html, 'utf8').toString('base64')
}

/** null where the text is no base64, or the bytes are no UTF-8; both alphabets of base64 are read. */
function decode(base64: string): string | null {
  const standard = base64.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  if (!/^[A-Za-z0-9+/]*$/.test(standard) || standard.length % 4 === 1) return null
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(standard, 'base64'))
  } catch {
    return null
  }
}

function problemOf(html: string): string | null {
  if (html.length > maxHtmlChars) return `has ${html.length} characters of HTML, at most ${maxHtmlChars} fit in a mail`
  const named = [...html.matchAll(/\{\{(.*?)\}\}/gs)].map(([, name = '']) => name)
  const unknown = named.filter((name) => !(placeholders as readonly string[]).includes(name))
  if (unknown.length > 0) {
    const names = unknown.map((name) => `{{${name.slice(0, 40)}}}`).join(', ')
    return `unknown placeholder ${names}; known are ${placeholders.map((name) => `{{${name}}}`).join(', ')}`
  }
  const rest = html.replaceAll(/\{\{\w+\}\}/g, '')
  return rest.includes('{{') || rest.includes('}}') ? 'has {{ or }} without its other half' : null
}
