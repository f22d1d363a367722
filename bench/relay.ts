/** What relay, node-powershell and module add to a cmdlet on a real PowerShell, and what more sessions bring; Exchange is simulated. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import type { RelayChannel } from '../functions/exchange/relayChannel.ts'
import type { Command } from '../protocol/checkCommand.ts'
import { median, round, timed, type Bench, type BenchResult, type Figure } from './bench.ts'
import { powershellHere } from './powershellHere.ts'
import { mailboxGuid, simulatedModule, startExchange, withRelay } from './relayConversation.ts'

const cmdletMs = 100
const mostOverheadMs = 5
const leastSpeedUp: Readonly<Record<number, number>> = { 4: 3.6, 15: 12 }
/** At most 15 sessions in one batch of 500. */
const commandsPerSession = 30
const bareScript = path.join(path.dirname(simulatedModule), 'simulatedExchange/Measure-Cmdlet.ps1')

/** Commands before anything is measured. */
const warmUp = (parallel: number) => parallel * 5

interface Measured {
  readonly parallel: number
  readonly commands: number
  /** From one command's start to the next one's in the same session, in ms; the time of the cmdlet included. */
  readonly ours: number
  readonly bare: number
  /** One command a batch, `parallel` batches at once: from sending to outcome, in ms; of the bare cmdlet: from call to end. */
  readonly roundTrip: number
  readonly bareCall: number
}

export const relay: Bench = async ({
  records = Number.POSITIVE_INFINITY,
  rounds = 3,
  parallel: cases = [1, 4, 15],
}) => {
  const executable = powershellHere()
  if (!executable)
    return { rows: [{ relay: 'no PowerShell found: EASGATE_PWSH names none, none on PATH' }], figures: [] }
  const commands = (parallel: number) => Math.max(parallel, Math.min(records, commandsPerSession * parallel))
  const exchange = await startExchange(
    Math.max(...cases.map((parallel) => Math.max(commands(parallel), warmUp(parallel)))),
    cmdletMs,
  )
  try {
    const measured: Measured[] = []
    for (const parallel of cases) {
      const found: Measured[] = []
      for (let at = 0; at < rounds; at++) {
        found.push(await measure({ executable, exchangeUrl: exchange.url, parallel, commands: commands(parallel) }))
      }
      measured.push(middle(found))
    }
    return resultOf(measured)
  } finally {
    await exchange.stop()
  }
}

interface Case {
  readonly executable: string
  readonly exchangeUrl: string
  readonly parallel: number
  readonly commands: number
}

async function measure(given: Case): Promise<Measured> {
  const { parallel, commands } = given
  const bare = await bareCmdlets(given)
  return withRelay(given, async (channel) => {
    // Every session is open then, and every path compiled
    await inOneBatch(channel, warmUp(parallel))
    const ms = await inOneBatch(channel, commands)
    const roundTrip = await oneByOne(channel, Math.min(parallel, mostBatches), Math.ceil(commands / parallel))
    const perSession = (wallMs: number) => (wallMs * parallel) / commands
    return {
      parallel,
      commands,
      ours: perSession(ms),
      bare: perSession(bare.wallMs),
      roundTrip,
      bareCall: median(bare.commandMs),
    }
  })
}

/** The same cmdlets in the same sessions, called by a script in one PowerShell. */
async function bareCmdlets({ executable, exchangeUrl, parallel, commands }: Case) {
  const numbers = ['-Parallel', parallel, '-Count', commands, '-Warm', warmUp(parallel)].map(String)
  const args = ['-NoProfile', '-NonInteractive', '-File', bareScript, ...numbers]
  const env = { ...process.env, EASGATE_SIM_EXCHANGE: exchangeUrl, POWERSHELL_TELEMETRY_OPTOUT: '1', NO_COLOR: '1' }
  const { stdout } = await promisify(execFile)(executable, args, { env })
  return JSON.parse(stdout) as { wallMs: number; commandMs: number[] }
}

let batches = 0

async function inOneBatch(channel: RelayChannel, count: number): Promise<number> {
  return timed(() =>
    run(
      channel,
      Array.from({ length: count }, (_, at) => command(at)),
    ),
  )
}

/** A conversation may have so many batches at a time. */
const mostBatches = 8

/** The median of what one command took, each on its own, with some under way at once. */
async function oneByOne(channel: RelayChannel, lanes: number, commandsPerLane: number): Promise<number> {
  const times: number[] = []
  const lane = async (first: number) => {
    for (let at = 0; at < commandsPerLane; at++) times.push(await timed(() => run(channel, [command(first + at)])))
  }
  await Promise.all(Array.from({ length: lanes }, (_, at) => lane(at * commandsPerLane)))
  return median(times)
}

async function run(channel: RelayChannel, commands: readonly Command[]): Promise<void> {
  batches += 1
  const inbox = channel.start(`batch-${batches}`, commands)
  for (;;) {
    const event = await inbox.next()
    if (event.kind === 'end') return
    if (event.kind === 'result' && !event.result.ok) throw new Error(`a command failed: ${event.result.error?.message}`)
  }
}

function command(at: number): Command {
  const parameters = { Identity: mailboxGuid(at), ActiveSyncBlockedDeviceIDs: { Add: [`Id${batches}`] } }
  return { id: `c${at}`, cmdlet: 'Set-CASMailbox', parameters }
}

function middle(found: readonly Measured[]): Measured {
  const of = (name: keyof Measured) => median(found.map((one) => one[name]))
  const { parallel, commands } = found[0] ?? { parallel: 0, commands: 0 }
  const names = { ours: of('ours'), bare: of('bare'), roundTrip: of('roundTrip'), bareCall: of('bareCall') }
  return { parallel, commands, ...names }
}

function resultOf(measured: readonly Measured[]): BenchResult {
  const perSecond = ({ parallel, ours }: Measured) => (parallel * 1000) / ours
  const alone = measured.find(({ parallel }) => parallel === 1)
  const figures: Figure[] = []
  for (const one of measured) {
    const least = leastSpeedUp[one.parallel]
    if (one.parallel === 4) figures.push(overhead(one, 'one by one', one.roundTrip - one.bareCall))
    if (one.parallel === 4) figures.push(overhead(one, 'in one batch', one.ours - one.bare))
    if (alone && least !== undefined) figures.push(speedUp(one, perSecond(one) / perSecond(alone), least))
  }
  return {
    rows: measured.map((one) => ({
      parallel: one.parallel,
      commands: one.commands,
      'easgate/s': round(perSecond(one), 1),
      'ideal/s': (one.parallel * 1000) / cmdletMs,
      'easgate ms each': round(one.ours, 1),
      'bare ms each': round(one.bare, 1),
      'round trip ms': round(one.roundTrip, 1),
      'bare call ms': round(one.bareCall, 1),
      'round trip over bare ms': round(one.roundTrip - one.bareCall, 1),
    })),
    figures,
  }
}

/** One by one: the median of what a command took from sending to outcome. In one batch: what the commands cost together. */
function overhead({ parallel }: Measured, how: string, overMs: number): Figure {
  const value = round(overMs, 2)
  return {
    name: `relay, node-powershell and module at parallel ${parallel}, commands ${how}`,
    value,
    unit: 'ms a command over the bare cmdlet',
    goal: `at most ${mostOverheadMs} ms`,
    isReached: value <= mostOverheadMs,
  }
}

function speedUp({ parallel }: Measured, ratio: number, least: number): Figure {
  const value = round(ratio, 2)
  return {
    name: `speed-up at parallel ${parallel}`,
    value,
    unit: '× one session',
    goal: `at least ${least}`,
    isReached: value >= least,
  }
}
