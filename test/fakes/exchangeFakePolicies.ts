/** The EAS mailbox policies of the fake Exchange: names are unique, case ignored; what is not set has a default. */
import type { ExchangeMailboxPolicy, PolicyProperties } from '../../functions/core/ownConfiguration.ts'
import type { ChangeCommand } from '../../functions/ports.ts'
import { failure, notFound, type Failure } from './exchangeFakeRows.ts'
import type { FakeWorld } from './exchangeFakeWorld.ts'

type Policy = ExchangeMailboxPolicy
type PolicyCommand = Extract<ChangeCommand, { kind: 'newPolicy' | 'setPolicy' | 'removePolicy' }>

export interface FakePolicies {
  all(): readonly Policy[]
  /** Of a policy's name or Guid. */
  guidOf(identity: string): string | undefined
  nameOf(guid: string | null | undefined): string | null
  run(
    command: PolicyCommand,
    isUsed: (guid: string) => boolean,
  ): { readonly guid?: string; readonly warnings: readonly string[] } | Failure
}

const defaults: PolicyProperties = { PasswordEnabled: false, AllowCamera: true, AllowSimplePassword: true }

export function fakePolicies(stated: NonNullable<FakeWorld['mailboxPolicies']>, newGuid: () => string): FakePolicies {
  const policies = new Map<string, Policy>()
  const put = (guid: string, name: string, properties: PolicyProperties) =>
    policies.set(guid, { guid, name, properties: withoutNothing({ ...defaults, ...properties }) })
  for (const { Name, Guid, ...rest } of stated) put((Guid ?? newGuid()).toLowerCase(), Name, rest as PolicyProperties)
  return {
    all: () => [...policies.values()],
    guidOf: (identity) => {
      const text = identity.toLowerCase()
      return [...policies.values()].find(({ guid, name }) => guid === text || name.toLowerCase() === text)?.guid
    },
    nameOf: (guid) => (guid ? (policies.get(guid)?.name ?? null) : null),
    run(command, isUsed) {
      if (command.kind === 'newPolicy') {
        const isTaken = [...policies.values()].some(({ name }) => name.toLowerCase() === command.name.toLowerCase())
        if (isTaken) return failure('other', `The object '${command.name}' already exists.`, 'yes')
        const guid = newGuid()
        put(guid, command.name, command.properties)
        return { guid, warnings: [] }
      }
      const policy = policies.get(command.guid.toLowerCase())
      if (!policy) return notFound(command.guid)
      if (command.kind === 'removePolicy' && isUsed(policy.guid))
        return failure('other', `The policy '${policy.name}' is in use.`, 'yes')
      if (command.kind === 'removePolicy') policies.delete(policy.guid)
      else put(policy.guid, policy.name, { ...policy.properties, ...command.properties })
      return { warnings: [] }
    },
  }
}

function withoutNothing(properties: PolicyProperties): PolicyProperties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null))
}
