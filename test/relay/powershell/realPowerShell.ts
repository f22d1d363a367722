/** Starts the module in a real PowerShell, behind the relay's own guard, with sessions of the tests (fixtures/RemoteExchange.psm1) for Exchange's. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { describe } from 'vitest'
import { hostTimes } from '../../../relay/powershell/hostOptions.ts'
import { Shell } from '../../../relay/powershell/shell.ts'
import { ShellHost } from '../../../relay/powershell/shellHost.ts'
import type { Outcome, StepEvent } from '../../../relay/powershell/stepReply.ts'
import type { StepRequest } from '../../../relay/powershell/stepRequest.ts'
import { newFolder } from '../startRelay.ts'

const here = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
export const fixture = (name: string) => here(`../fixtures/${name}`)
const callMs = 60_000
export const importLine = 'Import-Module $env:EASGATE_MODULE'
const modulePath = fixture('RemoteExchange.psm1')
/** The module as the relay loads it, without sessions of the tests. */
export const productModule = here('../../../relay/powershell/Easgate.psm1')

export const powershell = findPowerShell()
const title = powershell
  ? `on ${powershell}`
  : 'on a real PowerShell (skipped: EASGATE_PWSH names none and there is no pwsh on PATH)'

/** Rules that need a real PowerShell. */
export function onPowerShell(rules: () => void): void {
  describe.skipIf(powershell === undefined)(title, rules)
}

function findPowerShell(): string | undefined {
  const named = process.env['EASGATE_PWSH']
  if (named) return named
  const name = process.platform === 'win32' ? 'pwsh.exe' : 'pwsh'
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file))
}

/** The child's environment, and the folder where the sessions' commands leave traces. */
export function realEnvironment(): { env: NodeJS.ProcessEnv; folder: string } {
  const folder = newFolder()
  const own = {
    EASGATE_MODULE: modulePath,
    FIXTURE_EASGATE: productModule,
    FIXTURE_SESSION: fixture('ExchangeSession.ps1'),
    FIXTURE_FOLDER: folder,
    POWERSHELL_TELEMETRY_OPTOUT: '1',
    POWERSHELL_UPDATECHECK: 'Off',
    TERM: 'dumb',
  }
  return { env: { ...process.env, ...own }, folder }
}

/** Ids of the processes behind the sessions that ran a command of this name, one for each time. */
export function tracesOf(folder: string, name: string): number[] {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}.`))
  return files.map((file) => Number(readFileSync(path.join(folder, file), 'utf8')))
}

/** A shell that has imported the module and opened nothing. */
export async function startShell(env: NodeJS.ProcessEnv): Promise<Shell> {
  const shell = new Shell({ executable: powershell ?? '', env, maxReplyBytes: 8_000_000 }, importLine, callMs)
  await shell.started
  return shell
}

export function newHost(env: NodeJS.ProcessEnv, parallel: number, connection: object = {}): ShellHost {
  return new ShellHost({
    executable: powershell ?? '',
    modulePath,
    env,
    settings: { parallel, connection: { server: 'ex01.contoso.com', viewEntireForest: true, ...connection } },
    maxReplyBytes: 8_000_000,
    times: hostTimes,
    log: pino({ level: 'silent' }),
    now: Date.now,
    random: Math.random,
  })
}

export interface CommandRequest {
  readonly cmdlet: string
  readonly parameters?: object
  readonly returns?: readonly string[]
  readonly notAfter?: string
  /** Its rows are not to be given before its key is taken out of `Steps.held`. */
  readonly isHeld?: boolean
}

export interface Ran {
  readonly key: string
  readonly rows: Record<string, unknown>[]
  outcome: Outcome | undefined
}

/** Steps as the relay takes them, with what has come so far kept by key. */
export class Steps {
  private readonly host: ShellHost
  private readonly ran = new Map<string, Ran>()
  /** Keys that every step names as held. */
  readonly held = new Set<string>()
  running = 0
  queued = 0

  constructor(host: ShellHost) {
    this.host = host
  }

  /** One step; gives its events. */
  async take(request: Partial<StepRequest> = {}): Promise<readonly StepEvent[]> {
    const whole = { start: [], hold: [...this.held], cancel: [], waitMs: 250, maxRows: 1_000, ...request }
    const reply = await this.host.step(whole, whole.waitMs)
    this.running = reply.running
    this.queued = reply.queued
    for (const event of reply.events) this.keep(event)
    return reply.events
  }

  /** Starts commands, all in one step; gives what will be known of them. */
  async start(...commands: readonly CommandRequest[]): Promise<Ran[]> {
    const start = commands.map(({ isHeld = false, ...command }) => {
      const key = `c${this.ran.size + 1}`
      this.ran.set(key, { key, rows: [], outcome: undefined })
      if (isHeld) this.held.add(key)
      return { key, parameters: {}, returns: [], notAfter: '2999-01-01T00:00:00.000Z', ...command }
    })
    await this.take({ start, waitMs: 0 })
    return start.flatMap(({ key }) => this.ran.get(key) ?? [])
  }

  /** Steps until the claim is true. */
  async until(claim: () => boolean): Promise<void> {
    while (!claim()) await this.take()
  }

  /** One command from start to end. */
  async run(cmdlet: string, parameters: object = {}, returns: readonly string[] = []): Promise<Ran> {
    const [ran] = await this.start({ cmdlet, parameters, returns })
    if (!ran) throw new Error('not started')
    await this.until(() => ran.outcome !== undefined)
    return ran
  }

  private keep(event: StepEvent): void {
    const ran = this.ran.get(event.key)
    if (!ran || ran.outcome) throw new Error(`an event of ${event.key}, which is not running`)
    if ('row' in event) ran.rows.push(event.row)
    else ran.outcome = event.done
  }
}

/** The argument of one of the module's functions. */
export function argument(value: object): string {
  return `'${Buffer.from(JSON.stringify(value)).toString('base64')}'`
}
