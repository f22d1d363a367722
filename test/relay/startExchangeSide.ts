/** The relay's side towards Exchange on the stand-in shell and a simulated Exchange with three servers; time passes when a test says so. */
import { fileURLToPath } from 'node:url'
import { pino, type Logger } from 'pino'
import { onTestFinished } from 'vitest'
import { ExchangeSide } from '../../relay/exchangeSide.ts'
import { hostTimes } from '../../relay/powershell/hostOptions.ts'
import type { RunnerCommand } from '../../relay/powershell/runnerCommand.ts'
import type { Outcome } from '../../relay/powershell/stepReply.ts'
import { serveExchange, type Served } from '../sim/exchange/startExchange.ts'
import { aCommand } from './aCommand.ts'
import { newFolder } from './startRelay.ts'

export const standIn = fileURLToPath(new URL('../../sim/exchange/pwsh', import.meta.url))
export const [ex1, ex2, ex3] = ['ex1.contoso.com', 'ex2.contoso.com', 'ex3.contoso.com'] as const
const farSite = 'contoso.com/Configuration/Sites/Far'

/** EX2 is at another site, so EX3 is the first to stand in for EX1; EX4 is an Edge server and EX5 is too old. */
export const world = {
  organization: 'Contoso',
  servers: [
    { Name: 'EX1' },
    { Name: 'EX2', Site: farSite },
    { Name: 'EX3' },
    { Name: 'EX4', ServerRole: 'Edge' },
    { Name: 'EX5', ServerRole: 'Mailbox', AdminDisplayVersion: 'Version 15.1 (Build 2507.6)' },
  ],
  mailboxes: Array.from({ length: 40 }, (_, index) => ({ Guid: guidOf(index), Name: `User ${index}` })),
}

export function guidOf(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
}

export interface Line extends Record<string, unknown> {
  readonly event: string
}

export interface TestSide {
  readonly side: ExchangeSide
  readonly exchange: Served
  readonly stateDir: string
  /** All that was logged, or the lines of one event. */
  readonly lines: (event?: string) => Line[]
  readonly log: Logger
  readonly run: (cmdlet: string, parameters: object, changes?: Partial<RunnerCommand>) => Promise<Outcome>
  readonly until: (claim: () => boolean) => Promise<void>
  /** Minutes until what is planned next, and the work itself. */
  readonly planned: () => { readonly minutes: number; readonly happen: () => void }[]
  readonly faults: (settings: object) => Promise<unknown>
}

export interface SideSettings {
  readonly exchange?: Served
  readonly stateDir?: string
  readonly connection?: object
  readonly parallel?: number
  readonly more?: object
  readonly allow?: { readonly wipe: boolean; readonly removePartnership: boolean }
  readonly waits?: boolean
  /** Left out: the stand-in. */
  readonly executable?: string
  readonly modulePath?: string
  readonly server?: string
  readonly now?: () => number
}

const quietPowerShell = { POWERSHELL_TELEMETRY_OPTOUT: '1', POWERSHELL_UPDATECHECK: 'Off', TERM: 'dumb' }
const quickTimes = { ...hostTimes, firstBackoffMs: 1, longestBackoffMs: 20, closeMs: 1_000 }

export async function startExchangeSide(settings: SideSettings = {}): Promise<TestSide> {
  const exchange = settings.exchange ?? (await serveExchange({ ...world, ...settings.more }))
  const stateDir = settings.stateDir ?? newFolder()
  const logged: Line[] = []
  const log = pino({ level: 'trace' }, { write: (line) => void logged.push(JSON.parse(line)) })
  const plans = new Map<object, { readonly minutes: number; readonly happen: () => void }>()
  const side = new ExchangeSide({
    config: {
      stateDir,
      allow: settings.allow ?? { wipe: false, removePartnership: false },
      powershell: { executable: settings.executable ?? standIn, parallel: settings.parallel ?? 2 },
      connection: {
        kind: 'onPremises',
        server: settings.server ?? ex1,
        scheme: 'http',
        path: '/PowerShell/',
        authentication: 'Kerberos',
        viewEntireForest: true,
        casFailover: true,
        ...settings.connection,
      },
    },
    modulePath: settings.modulePath ?? 'Easgate.psm1',
    env: { ...process.env, ...quietPowerShell, EASGATE_SIM_EXCHANGE: exchange.url },
    log,
    now: settings.now ?? Date.now,
    times: quickTimes,
    servers: { reaches: async (host) => isUp(exchange, host), later: planner(plans) },
  })
  onTestFinished(async () => side.close(2_000))
  const started = side.start()
  if (settings.waits !== false) await started
  return {
    side,
    exchange,
    stateDir,
    log,
    lines: (event) => (event === undefined ? logged : logged.filter((line) => line.event === event)),
    run: async (cmdlet, parameters, changes) => runOne(side, cmdlet, parameters, changes),
    until,
    planned: () => [...plans.values()],
    faults: async (given) => exchange.post('/_sim/faults', given),
  }
}

/** Learned which servers there are, and knows what the account may do: then nothing more happens by itself. */
export async function settled({ side, until: wait, lines }: TestSide): Promise<void> {
  const knowsServers = () => side.servers.others.length > 0 || lines('relay.server.learned').length > 0
  await wait(() => knowsServers() && side.permissions !== undefined)
}

export async function until(claim: () => boolean): Promise<void> {
  const endsMs = Date.now() + 50_000
  while (!claim()) {
    if (Date.now() > endsMs) throw new Error(`it did not come about: ${claim.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function isUp(exchange: Served, host: string): Promise<boolean> {
  const { unreachable } = await exchange.get('/_sim/faults')
  return !(Array.isArray(unreachable) && (unreachable.includes(host) || unreachable.includes('*')))
}

function planner(plans: Map<object, { readonly minutes: number; readonly happen: () => void }>) {
  return (delayMs: number, work: () => void) => {
    const key = {}
    const happen = () => {
      plans.delete(key)
      work()
    }
    plans.set(key, { minutes: delayMs / 60_000, happen })
    return () => void plans.delete(key)
  }
}

async function runOne(side: ExchangeSide, cmdlet: string, parameters: object, changes: Partial<RunnerCommand> = {}) {
  return new Promise<Outcome>((resolve) => {
    const own = { cmdlet, parameters: { ...parameters }, returns: ['Guid'], silenceMs: 60_000, onDone: resolve }
    side.runner.lane().add(aCommand({ ...own, ...changes }))
  })
}
