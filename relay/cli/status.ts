/** `status`: how the relay on this computer is, from the file that it keeps. For people, and for a monitoring agent: exit code 0 is healthy. */
import { Command } from 'commander'
import { readConfig, type RelayConfig } from '../config.ts'
import { readRetirement } from '../retired.ts'
import { readStatus } from '../statusFile.ts'
import { defaultConfigFile } from './defaults.ts'
import { AnswerIsNo, CommandFailure, print } from './output.ts'
import { readInstallation } from './installation.ts'
import { notRunning, readTaskState } from './installTask.ts'
import { healthOf, type Health } from './statusHealth.ts'
import { statusLines } from './statusLines.ts'
import { outputOf, type Surroundings } from './surroundings.ts'

interface StatusOptions {
  readonly config: string
  readonly json?: boolean
}

const help = `
Exit code: 0 the relay is healthy, 1 it is not, 2 wrong use.`

export function statusCommand(surroundings: Surroundings, now: () => number = Date.now): Command {
  return new Command('status')
    .description('shows how the relay on this computer is')
    .option('--config <file>', "the relay's configuration (JSON)", defaultConfigFile(surroundings))
    .option('--json', 'print one JSON object, for a monitoring agent')
    .addHelpText('after', help)
    .action(async (options: StatusOptions) => status(options, surroundings, now))
}

async function status(options: StatusOptions, surroundings: Surroundings, now: () => number): Promise<void> {
  const config = await readConfig(options.config)
  const health = await readHealth(config, now())
  const hint = health.running ? undefined : await whyNotStarted(config.stateDir, surroundings)
  print(outputOf(surroundings, options), hint === undefined ? health : { ...health, hint }, [
    ...statusLines(health, now()),
    ...(hint === undefined ? [] : [`Hint         ${hint}`]),
  ])
  if (!health.healthy) throw new AnswerIsNo()
}

async function readHealth({ stateDir, connectorId }: RelayConfig, nowMs: number): Promise<Health> {
  try {
    const relay = await readStatus(stateDir)
    return healthOf({ relay, retirement: await readRetirement(stateDir, connectorId), nowMs, isAlive })
  } catch (error) {
    throw new CommandFailure(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** What Task Scheduler says of a relay that does not run. It may say nothing to an account that may not ask. */
async function whyNotStarted(stateDir: string, { platform, windows }: Surroundings): Promise<string | undefined> {
  if (platform !== 'win32') return undefined
  const installation = await readInstallation(stateDir)
  if (!installation) return 'it is not installed: run easgate-relay install'
  if (installation.kind === 'service') return `look at the service ${installation.name}: Get-Service`
  const state = await readTaskState(installation.name, windows).catch(() => undefined)
  return state?.found ? notRunning(installation.name, state) : undefined
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // A process of another account may be looked for, but not be asked.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
