/** A policy as a test says it: the scenario format's shape, everything else by default. */
import { defaultPolicy, defaultSettings } from '../../functions/core/settings.ts'
import type { AccessLevel, Policy, Settings } from '../../functions/core/types.ts'

export interface PolicyWorld {
  readonly conditionalAccessSettings?: Partial<
    Pick<Policy, 'enabled' | 'includedGroups' | 'excludedGroups' | 'overrideDefaultRule'>
  >
  readonly exchangeOnPremisesPolicy?: {
    readonly defaultAccessLevel?: AccessLevel | 'none'
    readonly accessRules?: readonly {
      readonly deviceClass: { readonly name: string; readonly type: 'family' | 'model' }
      readonly accessLevel: AccessLevel | 'none'
    }[]
    readonly notificationContent?: string
  }
  readonly settings?: Partial<Settings>
}

export function policyOf(world: PolicyWorld): Policy {
  const policy = world.exchangeOnPremisesPolicy ?? {}
  return {
    ...defaultPolicy,
    ...world.conditionalAccessSettings,
    defaultAccessLevel: policy.defaultAccessLevel ?? 'none',
    exceptions: (policy.accessRules ?? []).map(({ deviceClass, accessLevel }) => ({
      ...deviceClass,
      level: accessLevel,
    })),
    settings: { ...defaultSettings, ...world.settings },
  }
}
