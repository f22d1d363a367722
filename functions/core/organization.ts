/** One Exchange organization, one connector: how organizations are compared, and what people are told when two want the same. Pure. */
import type { ConnectorState } from './run.ts'

/** Active Directory compares names without regard to case. */
export function organizationKey(name: string): string {
  return name.normalize('NFC').trim().toLowerCase()
}

export function takenText(connectorId: string, organization: string, owner: string): string {
  return `Connector ${connectorId} cannot work: the Exchange organization "${organization}" is served by connector ${owner}, and one organization has one connector. Retire connector ${owner}; or, if ${connectorId} is to take its place, join this relay again with --replace.`
}

/** For a connector that is retired. */
export function retiredText({ id, organization, retired }: ConnectorState): string {
  const { by, at } = retired ?? { by: null, at: '' }
  const what = organization === null ? 'its Exchange organization' : `the Exchange organization "${organization}"`
  if (by === null) return `Connector ${id} was retired at ${at}; nothing is synced for it any more.`
  return `Connector ${id} is retired: connector ${by} serves ${what} in its place since ${at}. Use connector ${by}.`
}
