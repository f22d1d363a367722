/** Changes a connector's policy: reads, applies, audits, saves, and begins again when somebody else was faster. Starts no run. */
import { defaultPolicy, withDefaults } from '../core/settings.ts'
import type { Policy } from '../core/types.ts'
import { AppError } from '../errors.ts'
import type { Store, Versioned } from '../portsStore.ts'
import { audited } from './audited.ts'
import type { Call } from './call.ts'

const maxTries = 5

/** The policy that stands; the default, with ETag null, where nobody has set one. Settings that a newer version added have their defaults. */
export async function readPolicy(
  store: Store,
  connectorId: string,
): Promise<Versioned<Policy> | { value: Policy; etag: null }> {
  const found = await store.document(connectorId, 'policy')
  if (!found) return { value: defaultPolicy, etag: null }
  return { ...found, value: withDefaults(found.value) }
}

/** The policy after `change`, which sees it as it is. Where nothing differs nothing is written. Throws AppError changedMeanwhile. */
export async function changePolicy(
  call: Call,
  connectorId: string,
  action: 'policyChanged' | 'settingsChanged' | 'ruleHandedOver',
  change: (policy: Policy) => Policy,
): Promise<Policy> {
  for (let attempt = 1; ; attempt += 1) {
    const { value: before, etag } = await readPolicy(call.ports.store, connectorId)
    const after = change(before)
    const differing = difference(before, after)
    if (differing === null) return before
    try {
      const save = () => call.ports.store.saveDocument(connectorId, 'policy', after, etag)
      await audited(call, connectorId, { action, subject: connectorId, ...differing }, save)
      return after
    } catch (thrown) {
      if (attempt >= maxTries || !(thrown instanceof AppError) || thrown.code !== 'changedMeanwhile') throw thrown
    }
  }
}

/** The properties that differ, before and after, easgate's settings beside Graph's (no name is used twice); null where none does. */
function difference(before: Policy, after: Policy): { before: object; after: object } | null {
  const [a, b] = [before, after].map(({ settings, ...rest }): Record<string, unknown> => ({ ...rest, ...settings }))
  if (!a || !b) return null
  const names = Object.keys(b).filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]))
  const pick = (from: Record<string, unknown>) => Object.fromEntries(names.map((name) => [name, from[name] ?? null]))
  return names.length === 0 ? null : { before: pick(a), after: pick(b) }
}
