/** The module in a real PowerShell with sessions to a simulated Exchange (fixtures/SimulatedExchange.psm1), driven as in production. */
import { once } from 'node:events'
import { pino } from 'pino'
import { CommandRunner } from '../../../relay/powershell/commandRunner.ts'
import { hostTimes } from '../../../relay/powershell/hostOptions.ts'
import type { RunnerCommand, Ticket } from '../../../relay/powershell/runnerCommand.ts'
import { ShellHost } from '../../../relay/powershell/shellHost.ts'
import type { Outcome } from '../../../relay/powershell/stepReply.ts'
import type { FaultSettings } from '../../../sim/exchange/faults.ts'
import { createExchangeServer } from '../../../sim/exchange/server.ts'
import type { Latency } from '../../../sim/exchange/latency.ts'
import { createSimulation, type Simulation } from '../../../sim/exchange/simulation.ts'
import { parseWorld } from '../../../sim/exchange/world.ts'
import { aCommand } from '../aCommand.ts'
import { fixture, powershell } from './realPowerShell.ts'

export interface Ended {
  readonly rows: readonly Record<string, unknown>[]
  readonly outcome: Outcome
}

export interface SimulatedRelay {
  readonly host: ShellHost
  readonly runner: CommandRunner
  readonly simulation: Simulation
  /** One command from start to end; rows are kept. */
  run(cmdlet: string, parameters?: RunnerCommand['parameters'], returns?: readonly string[]): Promise<Ended>
  start(cmdlet: string, parameters: RunnerCommand['parameters'], changes?: Partial<RunnerCommand>): Ticket
  /** What goes wrong from here on, and nothing else. */
  fail(faults: FaultSettings): void
  close(): Promise<void>
}

export interface RelaySettings {
  readonly world?: object
  readonly parallel?: number
  readonly connection?: object
  readonly faults?: FaultSettings
  /** What the simulated Exchange sends of each object; left out: everything, as Exchange does. */
  readonly prints?: readonly string[]
  /** How cmdlets take their time. */
  readonly latency?: Latency
}

/** Everything in this process but PowerShell. */
export async function startSimulatedRelay(settings: RelaySettings = {}): Promise<SimulatedRelay> {
  const { world = company, parallel = 2, connection = {}, faults = {}, prints = [] } = settings
  const created = createSimulation(parseWorld(world))
  const simulation = { ...created, latency: settings.latency ?? created.latency }
  simulation.faults.set(faults)
  const server = createExchangeServer(simulation).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const log = pino({ level: 'silent' })
  const host = new ShellHost({
    executable: powershell ?? '',
    modulePath: fixture('SimulatedExchange.psm1'),
    env: { ...process.env, ...environmentOf(url), EASGATE_SIM_PRINTS: prints.join(' ') },
    settings: { parallel, connection: { server: 'ex1.contoso.com', viewEntireForest: true, ...connection } },
    maxReplyBytes: 16 * 1024 * 1024,
    times: hostTimes,
    log,
    now: Date.now,
    random: Math.random,
  })
  const runner = new CommandRunner({ host, parallel, now: Date.now, log })
  await runner.start()
  const start: SimulatedRelay['start'] = (cmdlet, parameters, changes = {}) =>
    runner.lane().add(aCommand({ cmdlet, parameters, ...changes }))
  return {
    host,
    runner,
    simulation,
    start,
    run: async (cmdlet, parameters = {}, returns = []) =>
      new Promise((resolve) => {
        const rows: Record<string, unknown>[] = []
        const onDone = (outcome: Outcome) => resolve({ rows, outcome })
        start(cmdlet, parameters, { returns, onRow: (row) => rows.push(row), onDone })
      }),
    fail(faults) {
      simulation.faults.clear()
      simulation.faults.set(faults)
    },
    async close() {
      simulation.faults.clear()
      await runner.close(5_000)
      server.close()
      server.closeAllConnections()
    },
  }
}

function environmentOf(exchangeUrl: string): NodeJS.ProcessEnv {
  return { EASGATE_SIM_EXCHANGE: exchangeUrl, POWERSHELL_TELEMETRY_OPTOUT: '1', TERM: 'dumb' }
}

/** Five mailboxes with a phone each. */
const company = {
  organization: 'Contoso',
  dialect: 'MobileDevice',
  servers: [{ Name: 'EX1', Fqdn: 'ex1.contoso.com' }],
  organizationSettings: { DefaultAccessLevel: 'Allow' },
  ...people(5),
}

/** Mailboxes and a phone for each, numbered from 0. */
export function people(count: number): { mailboxes: object[]; devices: object[] } {
  const each = Array.from({ length: count }, (_, index) => index)
  return {
    mailboxes: each.map((index) => ({ Guid: guid(8000, index), PrimarySmtpAddress: `p${index}@contoso.com` })),
    devices: each.map((index) => ({
      Guid: guid(8001, index),
      Mailbox: guid(8000, index),
      DeviceId: `ID${index}`,
      DeviceType: 'iPhone',
      FirstSyncTime: '2026-11-01T08:00:00Z',
      DeviceUserAgent: 'Apple-iPhone14C2/2104.65',
    })),
  }
}

export function guid(block: number, index: number): string {
  return `00000000-0000-4000-${block}-${String(index).padStart(12, '0')}`
}
