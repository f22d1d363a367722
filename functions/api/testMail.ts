/** POST easgate/connectors/{id}/mail/test: the notification with sample values, to an address of the caller's choice, the whole way that notices take. */
import * as z from 'zod'
import { renderNotice } from '../core/noticeMail.ts'
import { AppError } from '../errors.ts'
import { sendNotices } from '../notice/sendNotices.ts'
import { withQrCode } from '../notice/withQrCode.ts'
import { audited } from './audited.ts'
import { closedObject, readBody } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { readPolicy } from './changePolicy.ts'
import { sampleFacts } from './previewNotification.ts'

const bodySchema = closedObject({
  to: z
    .string()
    .max(320)
    .regex(/^[^\s@]+@[^\s@]+$/, 'must be one mail address'),
  /** Whose template is sent; default: the policy's own. */
  language: z.string().max(35).optional(),
})

const words =
  '<p>This is a test mail of easgate, with sample values: there is nothing to do. It came the same way as the mails that tell people why their phone is kept out of their mail, which look like this:</p><hr />'

/**
 * 200 with `state` (sent, refused, delayed, unknown) and `message`; it is never sent again, whatever came of it. Throws AppError notFound, badRequest, conflict
 * where the relay has no notification account, and what keeps a conversation from being opened.
 */
export async function testMail(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const { to, language } = await readBody(call.request, bodySchema)
  const { ports, caller } = call
  const { value: policy } = await readPolicy(ports.store, connectorId)
  const facts = sampleFacts(ports, { language })
  const sample = renderNotice(policy, facts)
  const subject = `easgate: test mail: ${sample.subject}`.slice(0, 255)
  const html = `${words}${sample.html}`
  const notice = {
    record: 'test',
    reason: ports.newId(),
    mail: await withQrCode({ to, subject, html }, facts.activationLink),
  }
  const change = { action: 'mailTested', subject: connectorId, before: null, after: null }
  const { state, message } = await audited(call, connectorId, change, async () => {
    const options = { actor: caller.id, runId: null, isOnce: true }
    const { results, problem } = await sendNotices(ports, connectorId, [notice], options)
    const [result] = results
    if (result && result.state !== 'notTried') return result
    throw problem ?? new AppError('internal', 'the test mail was not tried')
  })
  return { status: 200, body: { state, message } }
}
