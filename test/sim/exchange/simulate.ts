/** Runs cmdlets of a simulated Exchange in this process, and gives their answers as values. */
import { invoke } from '../../../sim/exchange/invoke.ts'
import { createSimulation, type Simulation } from '../../../sim/exchange/simulation.ts'
import { parseWorld } from '../../../sim/exchange/world.ts'

export interface Answer {
  readonly rows: readonly Record<string, unknown>[]
  readonly warnings: readonly string[]
  /** The reason of the error; undefined: none. */
  readonly reason: string | undefined
  readonly message: string | undefined
}

export type Run = (cmdlet: string, parameters?: Record<string, unknown>, returns?: readonly string[]) => Answer

export interface Simulated extends Simulation {
  readonly run: Run
  /** The clock, in ms; tests move it. */
  readonly clock: { ms: number }
}

export const ana = '00000000-0000-4000-8000-00000000000a'
export const ben = '00000000-0000-4000-8000-00000000000b'
export const phone = '00000000-0000-4000-8000-0000000000d1'

/** Two mailboxes; Ana has an iPhone. `more` is laid over it, collection by collection. */
export function simulate(more: object = {}): Simulated {
  const world = {
    organization: 'Contoso',
    mailboxes: [
      {
        Guid: ana,
        DistinguishedName: 'CN=Ana Gomes,OU=Users,DC=contoso,DC=com',
        PrimarySmtpAddress: 'ana@contoso.com',
      },
      { Guid: ben, DistinguishedName: 'CN=Ben,OU=Users,DC=contoso,DC=com', PrimarySmtpAddress: 'ben@contoso.com' },
    ],
    devices: [{ Guid: phone, Mailbox: ana, DeviceId: 'ApplANA1', DeviceType: 'iPhone', DeviceModel: 'iPhone14C2' }],
    ...more,
  }
  const clock = { ms: Date.parse('2026-11-21T12:00:00Z') }
  const simulation = createSimulation(parseWorld(world), () => clock.ms)
  return { ...simulation, clock, run: (cmdlet, parameters, returns) => answer(simulation, cmdlet, parameters, returns) }
}

function answer(
  { exchange, journal }: Simulation,
  cmdlet: string,
  parameters: Record<string, unknown> = {},
  returns?: readonly string[],
): Answer {
  const lines = [...invoke(exchange, journal, { cmdlet, parameters, returns })].map((line) => JSON.parse(line))
  const error = lines.find((line) => line.error)?.error
  return {
    rows: lines.flatMap((line) => line.row ?? []),
    warnings: lines.flatMap((line) => line.warning ?? []),
    reason: error?.reason,
    message: error?.message,
  }
}
