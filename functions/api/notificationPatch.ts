/** What may be changed of the settings for mails to people. Pure. */
import * as z from 'zod'
import { placeholderProblem } from '../core/noticeTemplate.ts'
import { closedObject, patchOf } from './body.ts'
import { mailHtml } from './notification.ts'

/** One row of the tables holds a policy, and one of the audit its templates before and after. */
const mostTemplates = 10
const mostTemplateChars = 60_000

const mailAddress = z
  .string()
  .max(320)
  .regex(/^[^\s@<>()[\],;:"\\\p{Cc}]+@[^\s@<>()[\],;:"\\\p{Cc}]+$/u, 'must be one mail address')

const oneLine = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, 'must be one line without control characters')

const subject = oneLine(200).superRefine((text, context) => {
  const message = placeholderProblem(text)
  if (message !== null) context.addIssue({ code: 'custom', message })
})

const sentence = oneLine(500)

const template = closedObject({
  subject,
  html: mailHtml.refine((html) => html !== '', 'must not be empty; leave the language out instead'),
  reasons: closedObject({
    extraRule: sentence.optional(),
    notCompliant: sentence.optional(),
    notRegistered: sentence.optional(),
    complianceUnknown: sentence.optional(),
    notEnrolled: sentence.optional(),
  }).optional(),
  withoutLink: sentence.optional(),
})

/** A tag that Graph's preferredLanguage may have, or its first part. */
const language = z
  .string()
  .refine(isLanguage, 'must be a language such as de or pt-BR')
  .transform((tag) => tag.toLowerCase())

const templates = z.record(z.string(), template).transform((given, context) => {
  const found = new Map<string, z.infer<typeof template>>()
  for (const [tag, one] of Object.entries(given)) {
    const parsed = language.safeParse(tag)
    const message = parsed.error?.issues[0]?.message ?? 'is given twice; keep one of the two'
    if (!parsed.success || found.has(parsed.data)) context.addIssue({ code: 'custom', path: [tag], message })
    else found.set(parsed.data, one)
  }
  const chars = JSON.stringify([...found]).length
  if (found.size > mostTemplates || chars > mostTemplateChars) {
    const message = `has ${found.size} languages with ${chars} characters, at most ${mostTemplates} with ${mostTemplateChars} are kept; shorten them`
    context.addIssue({ code: 'custom', message })
  }
  return Object.fromEntries(found)
})

/** `templates` and `digestTo` are replaced whole. */
export const notificationPatch = patchOf({
  subject,
  templates,
  /** At most two days: so long a phone that must not have mail keeps it where mails cannot be sent. */
  waitMinutes: z.int().min(0).max(2_880),
  digestTo: z.array(mailAddress).max(20),
})

function isLanguage(tag: string): boolean {
  if (!/^[a-z]{2,3}(-[a-z\d]{2,8})*$/i.test(tag)) return false
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}
