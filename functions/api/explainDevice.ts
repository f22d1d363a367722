/** GET easgate/connectors/{id}/devices/{recordGuid}/explain: why a phone is let in or kept out, recomputed from what is stored. */
import { explain } from '../core/explain.ts'
import type { Owner } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { assigningFor } from '../sync/assigningFor.ts'
import { contextNow } from '../sync/lastKnown.ts'
import type { Answer, Call } from './call.ts'
import { readPolicy } from './changePolicy.ts'
import { deviceInPath } from './deviceInPath.ts'

/** By the policy as it is saved and Exchange as it was read last; asks neither Graph nor Exchange. Throws AppError notFound, conflict. */
export async function explainDevice(call: Call): Promise<Answer> {
  const { connectorId, record, mailbox } = await deviceInPath(call)
  const { value: policy } = await readPolicy(call.ports.store, connectorId)
  const { context, plan, configuration } = await contextNow(call.ports, connectorId, policy, 'quick')
  const assigning = await assigningFor(call.ports, { connectorId, policy, configuration }, plan)
  const explanation = explain(mailbox.facts, { ...context, assigning }, record)
  const found = mailbox.records.find((one) => one.record.guid === record)
  if (!explanation || !found) throw new AppError('notFound', `there is no EAS record ${record} any more`)
  const { owner, candidates, ...why } = explanation
  const body = {
    record: found.record,
    mailbox: mailbox.mailbox && { guid: mailbox.guid, ...toMailboxView(mailbox.mailbox) },
    readAt: mailbox.readAt === '' ? null : mailbox.readAt,
    user: owner && toUserView(owner),
    // Several with equally strong evidence are none: nobody is guessed
    candidates: candidates.map(toUserView),
    intuneDevice: mailbox.devices.find(({ id }) => id === why.decision.intuneDeviceId) ?? null,
    lastDecision: found.previous,
    ...why,
  }
  return { status: 200, body }
}

function toMailboxView(mailbox: {
  isActiveSyncEnabled: boolean
  allowed: readonly string[]
  blocked: readonly string[]
}) {
  const { isActiveSyncEnabled, allowed, blocked } = mailbox
  return { isActiveSyncEnabled, allowed, blocked }
}

function toUserView({ user, evidence, isIncluded, isExcluded }: Owner) {
  return { id: user.id, isLicensed: user.isLicensed, evidence, isIncluded, isExcluded }
}
