/** `npm start`: the whole system on this machine, a full sync of a sample company or of a scenario, and a report. */
import { writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { activationHint } from './activationHint.ts'
import { operationLines } from './operations.ts'
import { report } from './report.ts'
import { runScenario, type StepResult } from './runScenario.ts'
import { sampleCompany } from './sampleCompany.ts'
import { readScenario } from './scenarioFile.ts'
import { progressLine } from './progressLine.ts'
import { connectorId, never, startStack, type Stack, type StackOptions } from './stack.ts'

interface Options {
  readonly once: boolean
  readonly scenario?: string
  readonly json?: string
  readonly port: number
  readonly mailboxes: number
  readonly parallel: number
  readonly latencyMs: number
  readonly hostHeapMb?: number
  readonly relayHeapMb?: number
  readonly verbose: boolean
}

const number = (least: number, most: number) => (text: string) => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new InvalidArgumentError(`a whole number from ${least} to ${most} is wanted`)
}

const program = new Command('npm start --')
  .description(
    'Starts easgate on this machine: storage emulator, simulated Exchange and Graph, rendezvous, one relay, the Functions app.',
  )
  .option('--once', 'end after the first full sync and its report, exit 0 when it is done', false)
  .option(
    '--scenario <file>',
    'take the steps of a scenario file in its world, then end; exit 0, 2 when a step failed, 130 when stopped',
  )
  .option('--json <file>', "write the scenario's result to this file")
  .option(
    '--port <number>',
    'port of the Functions app on 127.0.0.1; another free one is taken when it is in use, or with 0',
    number(0, 65_535),
    7071,
  )
  .option('--mailboxes <number>', 'size of the sample company', number(60, 50_000), 500)
  .option('--parallel <number>', 'commands that the relay runs at the same time', number(1, 15), 4)
  .option('--latency-ms <number>', 'how long every cmdlet of the simulated Exchange takes', number(0, 60_000), 0)
  .option('--host-heap-mb <number>', 'limit of the Functions process (--max-old-space-size)', number(32, 65_536))
  .option('--relay-heap-mb <number>', 'limit of the relay process', number(16, 65_536))
  .option('--verbose', 'show what every process writes', false)
  .addHelpText(
    'after',
    '\nWithout --once or --scenario it keeps running: quick syncs every minute, forced syncs by HTTP. Ctrl-C stops everything.' +
      '\nEASGATE_RELAY_PWSH and EASGATE_RELAY_MODULE: a real PowerShell and test/relay/fixtures/SimulatedExchange.psm1, instead of the stand-in.',
  )

program.action(async (options: Options) => {
  if (options.json && !options.scenario) program.error('--json belongs to --scenario')
  const stopped = new Promise<'stopped'>((resolve) => {
    process.once('SIGINT', () => resolve('stopped'))
    process.once('SIGTERM', () => resolve('stopped'))
  })
  // Known from its first moment: what is stopped while it starts is stopped in order too
  let starting: Promise<Stack> | undefined
  const work = options.scenario ? scenario(options, options.scenario) : company(options)
  try {
    const ended = await Promise.race([work, stopped])
    if (ended === 'stopped') process.stdout.write('\nStopping …\n')
    // Cut short: whoever waits for the steps, or for the first sync, must not take it for done
    process.exitCode = ended !== 'stopped' ? ended : options.scenario || options.once ? 130 : 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  }
  const started = await starting?.catch(() => undefined)
  await started?.stop()
  process.exit()

  async function scenario({ json }: Options, file: string): Promise<number> {
    const { world, steps } = readScenario(file)
    const { policy, ...worlds } = world
    starting = startStack({ ...stackOptions(options), world: worlds, policy, schedules: never })
    const stack = await starting
    const result = await runScenario(
      stack,
      { world, steps },
      (step) => process.stdout.write(`${stepLine(step)}\n`),
      progressLine(),
    )
    if (json) writeFileSync(json, JSON.stringify(result, null, 1))
    process.stdout.write(
      `${result.decisions.length} decisions, ${result.audit.length} audit rows${json ? `; result in ${json}` : ''}\n`,
    )
    return result.steps.some(({ state }) => state === 'failed') ? 2 : 0
  }

  async function company({ once, mailboxes }: Options): Promise<number> {
    const { policy, toActivate, ...world } = sampleCompany(new Date(), mailboxes)
    process.stdout.write(`Starting the local system with a sample company of ${mailboxes} mailboxes …\n`)
    // Its own configuration lets the sample's relay do what a real one must be allowed to do first
    const allow = { wipe: true, removePartnership: true }
    starting = startStack({ ...stackOptions(options), world, policy, allow, schedules: once ? never : defaults })
    const stack = await starting
    const run = await stack.app.sync({ kind: 'full', approve: true, onProgress: progressLine() })
    process.stdout.write(`\n${report(run)}\n`)
    if (once) return run.state === 'done' ? 0 : 1
    process.stdout.write(`\n${addresses(stack)}\n${await activationHint(stack, toActivate)}${last}\n`)
    return (await stopped) === 'stopped' ? 0 : 1
  }
})

/** The real ones: daily, and every minute. In a scenario and with --once nothing starts but what is asked for. */
const defaults = { full: '0 0 2 * * *', quick: '0 * * * * *' }
const last = 'Quick syncs run every minute. Ctrl-C stops everything.'

await program.parseAsync()

function stackOptions({
  port,
  parallel,
  latencyMs,
  hostHeapMb,
  relayHeapMb,
  verbose,
}: Options): Omit<StackOptions, 'world' | 'policy' | 'schedules'> {
  const heap = (mb: number | undefined) => [
    '--enable-source-maps',
    ...(mb === undefined ? [] : [`--max-old-space-size=${mb}`]),
  ]
  return {
    port,
    parallel,
    latencyMs,
    hostNodeOptions: heap(hostHeapMb),
    relayNodeOptions: heap(relayHeapMb),
    ...(verbose
      ? { onLine: (name: string, line: string) => process.stdout.write(`${name.padEnd(10)} ${line}\n`) }
      : {}),
  }
}

function stepLine(step: StepResult): string {
  if (!step.sync) return `patch      ${step.state}${step.message ? `; ${step.message}` : ''}`
  const [asked, stored] = operationLines(step.operations)
  const line = `${step.sync.padEnd(10)} ${step.state} in ${(step.durationMs / 1000).toFixed(1)} s, ${step.commands} commands${step.message ? `; ${step.message}` : ''}`
  return [line, `           ${asked}`, `           ${stored}`].join('\n')
}

function addresses({ urls }: Stack): string {
  const connectors = `${urls.app}/v1.0/deviceManagement/exchangeConnectors`
  return [
    'Look at',
    `  ${connectors}`,
    `  ${urls.app}/easgate/connectors/${connectorId}/devices    runs    audit    relays`,
    `  ${urls.app}/easgate/connectors/${connectorId}    /easgate/health    (how it is, and what waits for a person)`,
    `  ${urls.exchange}/_sim/state    (the simulated Exchange)`,
    `  ${urls.ews}/_sim/mails    (the mails that it sent)`,
    `  ${urls.graph}/_sim/requests    (what the simulated Graph was asked; POST /_sim/patch changes it)`,
    'Force a sync',
    `  curl -X POST -H 'content-type: application/json' -d '{"syncType":"fullSync"}' ${connectors}/${connectorId}/sync`,
  ].join('\n')
}
