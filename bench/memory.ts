/** Heap after collection of the Functions process and the relay at 5,000 and 20,000 records, each under its limit. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from '../sim/local/programFiles.ts'
import { sampleCompany } from '../sim/local/sampleCompany.ts'
import { never, startStack, type Stack } from '../sim/local/stack.ts'
import { median, round, type Bench } from './bench.ts'

const limits = { hostMb: 192, relayMb: 64 }
const goal = 1.3
/** The sample company has 1.6 records a mailbox. */
const recordsPerMailbox = 1.6
const probe = path.join(root, 'bench/heapProbe.mjs')

interface Sample {
  readonly records: number
  readonly state: string
  readonly hostMb: number
  readonly relayMb: number
}

export const memory: Bench = async ({ records = 20_000 }) => {
  const small = await sampleOf(Math.round(records / 4))
  const large = await sampleOf(records)
  const ratio = round(large.hostMb / small.hostMb, 2)
  return {
    rows: [small, large].map(({ records: count, state, hostMb, relayMb }) => ({
      records: count,
      'full sync': state,
      'Functions MB': hostMb,
      'relay MB': relayMb,
    })),
    figures: [
      {
        name: `limits of ${limits.hostMb} and ${limits.relayMb} MB`,
        value: large.records,
        unit: 'records',
        goal: 'the full sync ends',
        isReached: large.state === 'done',
      },
      {
        name: 'Functions heap, large beside small',
        value: ratio,
        unit: '×',
        goal: `at most ${goal}`,
        isReached: ratio <= goal,
      },
    ],
  }
}

/** Samples between steps and within them; the median is what lasts, whatever a single moment holds. */
async function sampleOf(records: number): Promise<Sample> {
  const { policy, exchange, graph } = sampleCompany(new Date(), Math.max(60, Math.round(records / recordsPerMailbox)))
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-heap-'))
  const nodeOptions = (mb: number) => [`--max-old-space-size=${mb}`, '--import', probe]
  process.env['EASGATE_HEAP_PROBE'] = `${folder}/`
  const stack = await startStack({
    world: { exchange, graph },
    policy,
    schedules: never,
    port: 0,
    parallel: 15,
    hostNodeOptions: nodeOptions(limits.hostMb),
    relayNodeOptions: nodeOptions(limits.relayMb),
  })
  try {
    const host: number[] = []
    const relay: number[] = []
    const sync = { isRunning: true }
    const sampling = (async () => {
      while (sync.isRunning) {
        host.push(await heapMb(stack, folder, 'functions'))
        relay.push(await heapMb(stack, folder, 'relay'))
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    })()
    const run = await stack.app.sync({ kind: 'full', approve: true })
    sync.isRunning = false
    await sampling
    return {
      records: run.counts['found.records'] ?? 0,
      state: run.state,
      hostMb: round(median(host), 1),
      relayMb: round(median(relay), 1),
    }
  } finally {
    await stack.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function heapMb({ children }: Stack, folder: string, name: string): Promise<number> {
  const pid = children.find((child) => child.name === name)?.pid
  const file = readdirSync(folder).find((entry) => entry === String(pid))
  if (!file) return Number.NaN
  const port = readFileSync(path.join(folder, file), 'utf8')
  return Number(await (await fetch(`http://127.0.0.1:${port}/`)).text()) / 1024 / 1024
}
