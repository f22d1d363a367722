/** easgate/connectors/{id}/settings: what Graph has no word for. The shape is core's Settings; PATCH changes only what is sent. */
import type * as z from 'zod'
import { notificationOf } from '../core/noticeMail.ts'
import type { Policy, Settings } from '../core/types.ts'
import { readBody, withGiven } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { changePolicy, readPolicy } from './changePolicy.ts'
import { checkPolicy } from './checkPolicy.ts'
import { checkMailboxPolicyName } from './mailboxPolicyName.ts'
import { settingsPatch } from './settingsPatch.ts'

/** Throws AppError notFound. */
export async function getSettings(call: Call): Promise<Answer> {
  const { value } = await readPolicy(call.ports.store, connectorInPath(call))
  return { status: 200, body: value.settings }
}

/** Of `limits`, `exchange`, `notification` and `schedule` too only what is sent; lists and `grandfather` are replaced whole. Throws AppError notFound, badRequest, changedMeanwhile, graphFailed. */
export async function patchSettings(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const given = await readBody(call.request, settingsPatch)
  const { value: before } = await readPolicy(call.ports.store, connectorId)
  await checkPolicy(call, before, withSettings(before, given))
  await checkMailboxPolicyName(call.ports.store, connectorId, given.mailboxPolicy)
  const policy = await changePolicy(call, connectorId, 'settingsChanged', (now) => withSettings(now, given))
  return { status: 200, body: policy.settings }
}

/** The policy with what the PATCH gave. */
export function withSettings(
  now: Policy,
  { limits, exchange, notification, schedule, ...given }: z.infer<typeof settingsPatch>,
): Policy {
  const settings: Settings = withGiven(now.settings, given)
  return {
    ...now,
    settings: {
      ...settings,
      limits: withGiven(now.settings.limits, limits ?? {}),
      exchange: withGiven(now.settings.exchange, exchange ?? {}),
      notification: withGiven(notificationOf(now.settings), notification ?? {}),
      schedule: withGiven(now.settings.schedule, schedule ?? {}),
    },
  }
}
