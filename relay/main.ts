/** The relay's program: `main.js run --config FILE [--with-parent]`. Standard output carries one line, when the relay is registered. */
import { Command } from 'commander'
import { ConfigError, readConfig } from './config.ts'
import { installed } from './installed.ts'
import { makeLog } from './log.ts'
import { openSecrets } from './openSecrets.ts'
import { startRelay } from './relay.ts'
import { loadRelayKey } from './relayKey.ts'
import { noVault } from './vault.ts'

interface RunOptions {
  readonly config: string
  readonly withParent: boolean
}

const program = new Command('easgate-relay')
program
  .command('run')
  .description('connects this server to easgate and runs Exchange cmdlets for it until it is stopped')
  .requiredOption('--config <file>', "the relay's configuration (JSON)")
  .option('--with-parent', 'stop when standard input ends', false)
  .action(run)

try {
  await program.parseAsync()
} catch (error) {
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${text}\n`)
  process.exitCode = 1
}

/** Resolves when the relay was told to stop and has stopped. */
async function run({ config: file, withParent }: RunOptions): Promise<void> {
  const stopped = toldToStop(withParent)
  const config = await openSecrets(await readConfig(file), { file, env: process.env, vault: noVault })
  const signer = await loadRelayKey(config.stateDir, config.connectorId)
  const log = makeLog(config.log)
  const { fingerprint } = signer
  const onReady = () => process.stdout.write(`${JSON.stringify({ ready: true, fingerprint })}\n`)
  const here = installed()
  log.info({ event: 'relay.starting', version: here.version, connectorId: config.connectorId, fingerprint })
  process.once('uncaughtExceptionMonitor', (error) => log.fatal({ event: 'relay.crashed', err: error }))
  const relay = startRelay({ config, signer, installed: here, log, onReady })
  log.info({ event: 'relay.stopAsked', by: await stopped })
  await relay.stop()
  process.stdin.destroy()
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
