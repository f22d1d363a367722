/** POST easgate/connectors/{id}/notification/preview: the mail as a user would get it, from the templates that are saved, with sample values. */
import * as z from 'zod'
import { reasonTexts, renderNotice, type NoticeFacts } from '../core/noticeMail.ts'
import type { Ports } from '../ports.ts'
import type { NoticeReason, Owner } from '../core/types.ts'
import { sampleLink } from '../notice/activationLink.ts'
import { withQrCode } from '../notice/withQrCode.ts'
import { closedObject, readOptionalBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { readPolicy } from './changePolicy.ts'
import { mailHtml } from './notification.ts'

const reasons = Object.keys(reasonTexts) as [NoticeReason, ...NoticeReason[]]
const bodySchema = closedObject({
  /** In place of the policy's HTML; nothing is saved. */
  html: mailHtml.optional(),
  language: z.string().max(35).optional(),
  reason: z.enum(reasons).default('notEnrolled'),
  displayName: z.string().max(256).optional(),
  deviceType: z.string().max(256).optional(),
  deviceModel: z.string().max(256).optional(),
  deviceId: z.string().max(256).optional(),
})
type Sample = z.infer<typeof bodySchema>

/** 200 with `subject`, `html` and, where the HTML shows it, `imagePng` (base64: the QR code that the mail carries). Throws AppError notFound, badRequest. */
export async function previewNotification(call: Call): Promise<Answer> {
  const { value: policy } = await readPolicy(call.ports.store, connectorInPath(call))
  const sample = (await readOptionalBody(call.request, bodySchema)) ?? bodySchema.parse({})
  const { html = policy.notificationHtml } = sample
  const facts = sampleFacts(call.ports, sample)
  const mail = renderNotice({ ...policy, notificationHtml: html }, facts)
  return { status: 200, body: await withQrCode(mail, facts.activationLink) }
}

/** A phone that nobody has. */
export function sampleFacts(ports: Pick<Ports, 'activation' | 'clock'>, sample: Partial<Sample> = {}): NoticeFacts {
  const { displayName = 'Ana Alves', deviceType = 'iPhone', deviceModel = 'iPhone14C2', language } = sample
  const user: Owner['user'] = {
    id: 'sample',
    upn: null,
    displayName,
    addresses: [],
    dn: null,
    sid: null,
    isLicensed: true,
    ...(language && { language: language.toLowerCase() }),
  }
  return {
    record: { deviceId: sample.deviceId ?? 'F8TXAB12CD34', deviceType, deviceModel },
    mailbox: null,
    owner: { user, evidence: 'smtp', isIncluded: true, isExcluded: false },
    reason: sample.reason ?? 'notEnrolled',
    activationLink: sampleLink(ports),
    now: ports.clock.now(),
  }
}
