/** Guids in a result are spelled as the scenario spells them; Exchange and easgate themselves have them in lower case. */
import type { Scenario } from './scenarioFile.ts'
import type { Stack } from './stack.ts'

/** The scenario's spelling of a Guid, or the Guid as it is when the scenario does not name it. */
export function spelling({ world, steps }: Scenario): (guid: string) => string {
  const worlds = [world.exchange, ...steps.flatMap(({ patch }) => (patch?.exchange ? [patch.exchange] : []))]
  const known = new Map<string, string>()
  for (const { mailboxes, devices } of worlds) {
    for (const { Guid } of [...(mailboxes ?? []), ...(devices ?? [])]) known.set(Guid.toLowerCase(), Guid)
  }
  return (guid) => known.get(guid.toLowerCase()) ?? guid
}

interface State {
  readonly mailboxes: readonly { readonly Guid: string }[]
  readonly devices: readonly { readonly Guid: string }[]
}

export async function exchangeState({ urls }: Stack, spelled: (guid: string) => string): Promise<State> {
  const response = await fetch(`${urls.exchange}/_sim/state`)
  const state = (await response.json()) as State
  const respell = <T extends { readonly Guid: string }>(items: readonly T[]) =>
    items.map((item) => ({ ...item, Guid: spelled(item.Guid) }))
  return { ...state, mailboxes: respell(state.mailboxes), devices: respell(state.devices) }
}
