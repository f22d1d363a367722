/** `run`: the relay itself, until it is told to stop. Standard output carries one line, when the relay is registered. */
import { Command } from 'commander'
import type { Logger } from 'pino'
import { readConfig, type RelayConfig } from '../config.ts'
import { installed } from '../installed.ts'
import { openSecrets, secretVariables } from '../openSecrets.ts'
import { startRelay } from '../relay.ts'
import { loadRelayKey } from '../relayKey.ts'
import { readRetirement, retirementText } from '../retired.ts'
import { vaultFor } from '../vault.ts'
import { defaultConfigFile } from './defaults.ts'
import { CommandFailure } from './output.ts'
import { withRunLog } from './runLog.ts'
import type { Surroundings } from './surroundings.ts'

interface RunOptions {
  readonly config: string
  readonly withParent: boolean
}

export function runCommand(surroundings: Surroundings): Command {
  return new Command('run')
    .description('connects this server to easgate and runs Exchange cmdlets for it until it is stopped')
    .option('--config <file>', "the relay's configuration (JSON)", defaultConfigFile())
    .option('--with-parent', 'stop when standard input ends', false)
    .option('--json', 'changes nothing: the one line that is printed is JSON, and so is the log')
    .action(async (options: RunOptions) => run(options, surroundings))
}

/** Resolves when the relay was told to stop and has stopped. */
async function run({ config: file, withParent }: RunOptions, surroundings: Surroundings): Promise<void> {
  const stopped = toldToStop(withParent)
  try {
    const written = await readConfig(file)
    const retirement = await readRetirement(written.stateDir, written.connectorId)
    if (retirement) throw new CommandFailure(retirementText(retirement))
    await withRunLog(written.log, surroundings, async (log) => serve(written, { file, stopped, log, surroundings }))
  } finally {
    // Left open, it would keep a process that could not start alive for as long as its parent
    process.stdin.destroy()
  }
}

interface Serving {
  readonly file: string
  readonly stopped: Promise<string>
  readonly log: Logger
  readonly surroundings: Surroundings
}

async function serve(written: RelayConfig, { file, stopped, log, surroundings }: Serving): Promise<void> {
  const { env, platform, windows } = surroundings
  const vault = vaultFor(written.stateDir, { platform, windows })
  const config = await openSecrets(written, { file, env, vault })
  // The children need none of them, and whoever may look at a process sees its environment.
  for (const name of secretVariables(written)) delete env[name]
  const signer = await loadRelayKey(config.stateDir, config.connectorId, vault).catch((error: unknown) => {
    throw new CommandFailure(error instanceof Error ? error.message : String(error), { cause: error })
  })
  const { fingerprint } = signer
  const onReady = () => {
    log.info({ event: 'relay.connected' })
    process.stdout.write(`${JSON.stringify({ ready: true, fingerprint })}\n`)
  }
  const here = installed()
  log.info({ event: 'relay.starting', version: here.version, connectorId: config.connectorId, fingerprint })
  process.once('uncaughtExceptionMonitor', (error) => log.fatal({ event: 'relay.crashed', err: error }))
  const relay = startRelay({ config, signer, installed: here, log, onReady })
  const retired = relay.retired.then((told) => `retirement: ${retirementText(told)}`)
  log.info({ event: 'relay.stopAsked', by: await Promise.race([stopped, retired]) })
  await relay.stop()
}

async function toldToStop(withParent: boolean): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'))
    process.once('SIGINT', () => resolve('SIGINT'))
    if (!withParent) return
    process.stdin.once('end', () => resolve('end of standard input'))
    process.stdin.once('error', () => resolve('error on standard input'))
    process.stdin.resume()
  })
}
