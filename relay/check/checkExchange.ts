/** Step: a session to the configured Exchange server opens, with the module as the relay uses it. Leaves it open for the next step. */
import { userInfo } from 'node:os'
import { pino } from 'pino'
import type { OpenConfig } from '../openSecrets.ts'
import { CommandRunner } from '../powershell/commandRunner.ts'
import { hostTimes } from '../powershell/hostOptions.ts'
import { ShellHost } from '../powershell/shellHost.ts'
import { bad, good, known, type CheckContext, type Finding } from './checkStep.ts'

const openMs = 90_000
const closeMs = 10_000
const silent = pino({ level: 'silent' })

/** One session and one server: what a failover would hide is to be seen here. */
export async function checkExchange(context: CheckContext): Promise<Finding> {
  const config = known(context, 'config')
  const host = hostOf(config, context)
  const runner = new CommandRunner({ host, parallel: 1, now: Date.now, log: silent })
  context.closers.push(async () => runner.close(closeMs))
  const startedMs = performance.now()
  await runner.start()
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  const who = identityOf(config)
  const { opened, lastFailure } = host
  if (!host.isReady || !opened) {
    const category = lastFailure?.category ?? 'other'
    return bad(
      `no session to ${config.connection.server} as ${who}: ${lastFailure?.message ?? 'no reason given'}`,
      remedies[category] ?? remedies.other,
    )
  }
  context.known.exchange = runner
  const { server, organization, dialect } = opened
  return good(
    `session to ${server ?? config.connection.server} (organization ${organization ?? 'not told'}, ${dialect} cmdlets) as ${who} in ${seconds} s`,
  )
}

function hostOf({ powershell, connection }: OpenConfig, { env, installed }: CheckContext): ShellHost {
  const { casFailover: _own, ...server } = connection
  return new ShellHost({
    executable: powershell.executable,
    modulePath: powershell.modulePath ?? installed.modulePath,
    env,
    settings: { parallel: 1, connection: server },
    maxReplyBytes: 16 * 1024 * 1024,
    times: { ...hostTimes, openMs },
    log: silent,
    now: Date.now,
    random: Math.random,
  })
}

/** Without an account the session is that of whoever runs the check, who may not be the service. */
function identityOf({ connection }: OpenConfig): string {
  return connection.account?.user ?? `${userInfo().username}, who runs this check`
}

const remedies: Readonly<Record<string, string>> & { readonly other: string } = {
  accessDenied: 'Check the account and its password, that it may use remote PowerShell, and connection.authentication.',
  cmdletHidden: 'Add the account to the role group that New-EasgateRoleGroup.ps1 makes.',
  shellLimit: 'The account has all the sessions that Exchange allows: stop another program of it, or wait 15 min.',
  throttled: 'Exchange asks to wait: try again in a few minutes, and look at the throttling policy of the account.',
  childFailed: 'Look at what PowerShell says when it loads the module: execution policy, AppLocker, anti-virus.',
  other:
    'Check connection.server (the full name of a server, not of a load balancer), its port, and Kerberos (SPN, clock).',
}
