/** The notification's text between Graph's form (base64 of UTF-8 HTML) and the policy's: cleaned, and only with known placeholders. Pure. */
import * as z from 'zod'
import { cleanHtml } from './notificationHtml.ts'

/** HTML of a mail; refused with every problem, else cleaned. */
export const mailHtml = z.string().transform((html, context): string => {
  const cleaned = html === '' ? { html } : cleanHtml(html)
  if ('html' in cleaned) return cleaned.html
  context.addIssue({ code: 'custom', message: cleaned.problem })
  return z.NEVER
})

/** Graph's Edm.Binary to HTML; null and the empty text are no notification. */
export const notificationContent = z
  .string()
  .nullable()
  .transform((base64, context): string => {
    const html = base64 === null ? '' : decode(base64)
    if (html !== null) return html
    context.addIssue({ code: 'custom', message: 'must be base64 of UTF-8 text' })
    return z.NEVER
  })
  .pipe(mailHtml)

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
