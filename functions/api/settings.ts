/** easgate/connectors/{id}/settings: what Graph has no word for. The shape is core's Settings; PATCH changes only what is sent. */
import type { Settings } from '../core/types.ts'
import { readBody, withGiven } from './body.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { changePolicy, readPolicy } from './changePolicy.ts'
import { settingsPatch } from './settingsPatch.ts'

/** Throws AppError notFound. */
export async function getSettings(call: Call): Promise<Answer> {
  const { value } = await readPolicy(call.ports.store, connectorInPath(call))
  return { status: 200, body: value.settings }
}

/** Of `limits` too only what is sent; lists and `grandfather` are replaced whole. Throws AppError notFound, badRequest, changedMeanwhile. */
export async function patchSettings(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const { limits, ...given } = await readBody(call.request, settingsPatch)
  const policy = await changePolicy(call, connectorId, 'settingsChanged', (now) => {
    const settings: Settings = withGiven(now.settings, given)
    return { ...now, settings: { ...settings, limits: withGiven(now.settings.limits, limits ?? {}) } }
  })
  return { status: 200, body: policy.settings }
}
