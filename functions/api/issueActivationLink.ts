/** POST easgate/connectors/{id}/devices/{recordGuid}/activationLink: a link for the help desk to hand on, where the mail's is too old or lost. */
import { resolveOwner } from '../core/resolveOwner.ts'
import { AppError } from '../errors.ts'
import { activationLink } from '../notice/activationLink.ts'
import type { Answer, Call } from './call.ts'
import { deviceInPath } from './deviceInPath.ts'

/** 200 with `url` and `expiresAt`. Only the mailbox's user can use it. Throws AppError notFound, conflict. */
export async function issueActivationLink(call: Call): Promise<Answer> {
  const { ports, caller } = call
  const { connectorId, record, mailbox } = await deviceInPath(call)
  const userId = resolveOwner(mailbox.owners)?.user.id ?? null
  if (userId === null)
    throw new AppError('conflict', `the mailbox of ${record} resolves to no user; GET …/explain says why`)
  const about = { connectorId, record, mailboxGuid: mailbox.guid, userId, reason: 'asked' }
  const link = activationLink(ports, about)
  if (!link)
    throw new AppError('conflict', 'people cannot reach this app by any address; set EASGATE_PUBLIC_URL to its own')
  const { id, url, expiresAt } = link
  const at = ports.clock.now().toISOString()
  const after = { activationLink: id, expiresAt }
  const row = {
    at,
    actor: caller.id,
    action: 'activationLinkIssued',
    runId: null,
    subject: record,
    before: null,
    after,
  }
  await ports.store.appendAudit(connectorId, [{ ...row, outcome: 'done' }])
  return { status: 200, body: { url, expiresAt }, headers: { 'cache-control': 'no-store' } }
}
