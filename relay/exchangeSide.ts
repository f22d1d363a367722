/** The relay's side towards Exchange, put together: the PowerShell child, the commands, the servers, and what the account may do. */
import type { Logger } from 'pino'
import { askThrough } from './askExchange.ts'
import { ExchangeServers, type ExchangeServersOptions } from './exchangeServers.ts'
import type { OpenConfig } from './openSecrets.ts'
import type { PermissionReport } from './permissions/checkPermissions.ts'
import { permissionNames, permissionReport } from './permissions/permissionReport.ts'
import { CommandRunner } from './powershell/commandRunner.ts'
import { hostTimes, type HostTimes } from './powershell/hostOptions.ts'
import { ShellHost } from './powershell/shellHost.ts'

export interface ExchangeSideOptions {
  readonly config: Pick<OpenConfig, 'powershell' | 'connection' | 'stateDir' | 'allow'>
  readonly modulePath: string
  readonly env: NodeJS.ProcessEnv
  readonly log: Logger
  readonly now: () => number
  readonly times?: HostTimes
  readonly servers?: Pick<ExchangeServersOptions, 'reaches' | 'later'>
}

const maxReplyBytes = 16 * 1024 * 1024

export class ExchangeSide {
  readonly host: ShellHost
  readonly runner: CommandRunner
  readonly servers: ExchangeServers
  /** Undefined until the account's rights are known. */
  permissions: (PermissionReport & { readonly checkedAt: string }) | undefined
  /** Called when the server, the sessions or what is known of the rights has changed. */
  onChange: () => void = () => {}
  private readonly options: ExchangeSideOptions
  private isCheckingRights = false

  constructor(options: ExchangeSideOptions) {
    const { config, modulePath, env, log, now, times = hostTimes } = options
    const { executable, parallel } = config.powershell
    const { casFailover: _own, ...connection } = config.connection
    this.options = options
    this.servers = new ExchangeServers({
      connection: config.connection,
      stateDir: config.stateDir,
      log,
      now,
      ...options.servers,
    })
    this.host = new ShellHost({
      executable,
      modulePath: config.powershell.modulePath ?? modulePath,
      env,
      settings: { parallel, connection },
      servers: this.servers,
      maxReplyBytes,
      times,
      log,
      now,
      random: Math.random,
    })
    this.runner = new CommandRunner({ host: this.host, parallel, now, log })
    this.servers.attach({
      ask: askThrough(this.runner, now),
      trial: async (server) => this.host.trial(server),
      onReturn: () => {
        this.host.hurry()
        this.runner.wake()
      },
    })
    this.servers.onChange = () => this.onServers()
  }

  /** Resolves after the first attempt to open a session, good or bad. */
  async start(): Promise<void> {
    await this.runner.start()
  }

  async close(timeoutMs: number): Promise<void> {
    this.servers.close()
    await this.runner.close(timeoutMs)
  }

  private onServers(): void {
    if (this.servers.inUse && !this.permissions && !this.isCheckingRights) void this.checkRights()
    this.onChange()
  }

  /** Once, in the background, when the first session is open. */
  private async checkRights(): Promise<void> {
    this.isCheckingRights = true
    const { config, log, now } = this.options
    const report = await permissionReport(this.runner, config, now)
    this.isCheckingRights = false
    if (report.failure) {
      log.warn({ event: 'relay.permission.unknown', ...report.failure })
      return
    }
    this.permissions = { ...report, checkedAt: new Date(now()).toISOString() }
    const needed = report.missing.filter(({ severity }) => severity === 'needed')
    const missing = needed.flatMap(permissionNames)
    const optional = report.missing.filter(({ severity }) => severity === 'optional').flatMap(permissionNames)
    const roles = [...new Set(needed.map(({ role }) => role))]
    if (missing.length > 0) log.error({ event: 'relay.permission.missing', missing, roles, optional })
    else log.info({ event: 'relay.permission.complete', optional })
    this.onChange()
  }
}
