/** Commands per second of the apply step, through everything: Azurite, rendezvous, relay and shell, with cmdlets of 50 ms. */
import { never, startStack, type Stack } from '../sim/local/stack.ts'
import { median, round, timed, type Bench, type BenchResult } from './bench.ts'

const cmdletMs = 50
const goal = 0.95
/** Enough commands that the first and the last hardly count: some seconds each. */
const commandsPerSession = 120
const intunePlan = 'c1ec4a95-1f05-45b3-a911-aa3fa01094f5'

interface Measured {
  readonly parallel: number
  readonly commands: number
  /** Commands per second: easgate's, and by hand with as many shells. */
  readonly ours: number
  readonly byHand: number
}

export const apply: Bench = async ({ records, rounds = 3, parallel: cases = [1, 4, 15] }) => {
  const measured: Measured[] = []
  for (const parallel of cases) {
    const commands = Math.min(commandsPerSession * parallel, records ?? Number.POSITIVE_INFINITY)
    const found: Measured[] = []
    for (let at = 0; at < rounds; at++) found.push(await measure(parallel, commands))
    const ours = median(found.map((one) => one.ours))
    measured.push({ parallel, commands, ours, byHand: median(found.map((one) => one.byHand)) })
  }
  return resultOf(measured)
}

async function measure(parallel: number, commands: number): Promise<Measured> {
  const stack = await startStack({ ...enrolledCompany(commands), schedules: never, port: 0, parallel, latencyMs: 0 })
  try {
    const ours = await commandsPerSecond(stack, commands)
    return { parallel, commands, ours, byHand: await byHand(stack, parallel, Math.ceil(commands / 3)) }
  } finally {
    await stack.stop()
  }
}

/** By Exchange's own journal: from when the first command began to when the last one ended. */
async function commandsPerSecond(stack: Stack, count: number): Promise<number> {
  await post(`${stack.urls.exchange}/_sim/faults`, { latencyMs: cmdletMs })
  const run = await stack.app.sync({ kind: 'full', approve: true })
  const { commands } = (await (await fetch(`${stack.urls.exchange}/_sim/commands`)).json()) as {
    commands: { at: string }[]
  }
  if (run.state !== 'done' || commands.length !== count)
    throw new Error(`the sync is ${run.state} with ${commands.length} of ${count} commands`)
  const times = commands.map(({ at }) => Date.parse(at)).toSorted((a, b) => a - b)
  const ms = (times.at(-1) ?? 0) - (times[0] ?? 0) + cmdletMs
  return (count / ms) * 1000
}

/** What an administrator would write: one Set-CASMailbox after the other in each of some shells, and nothing else. */
async function byHand({ urls }: Stack, parallel: number, count: number): Promise<number> {
  let next = 0
  const work = async () => {
    const { shell } = (await (await post(`${urls.exchange}/shells`, { account: 'script' })).json()) as { shell: string }
    while (next < count) {
      const parameters = { Identity: guid('2', next++), ActiveSyncBlockedDeviceIDs: { Add: ['ByHand'] } }
      await (await post(`${urls.exchange}/invoke`, { shell, cmdlet: 'Set-CASMailbox', parameters, returns: [] })).text()
    }
  }
  const ms = await timed(() => Promise.all(Array.from({ length: parallel }, work)))
  return (count / ms) * 1000
}

function resultOf(measured: readonly Measured[]): BenchResult {
  return {
    rows: measured.map(({ parallel, commands, ours, byHand: bare }) => ({
      parallel,
      commands,
      'easgate/s': round(ours, 1),
      'by hand/s': round(bare, 1),
      'ideal/s': round(idealOf(parallel), 1),
      'of ideal': percent(ours / idealOf(parallel)),
      'of by hand': percent(ours / bare),
    })),
    figures: measured.map(({ parallel, ours }) => ({
      name: `apply at parallel ${parallel}`,
      value: round((ours / idealOf(parallel)) * 100, 1),
      unit: '% of P / 50 ms',
      goal: `at least ${goal * 100} %`,
      isReached: ours / idealOf(parallel) >= goal,
    })),
  }
}

function idealOf(parallel: number): number {
  return (parallel * 1000) / cmdletMs
}

function percent(share: number): string {
  return `${round(share * 100, 1)} %`
}

/** Everybody enrolled and compliant, the default quarantines already: the plan is one allow a mailbox and nothing else. */
function enrolledCompany(count: number) {
  const each = Array.from({ length: count }, (_, index) => index)
  return {
    world: {
      exchange: {
        organization: 'Contoso',
        organizationSettings: { DefaultAccessLevel: 'Quarantine' },
        mailboxes: each.map((n) => ({
          Guid: guid('2', n),
          PrimarySmtpAddress: `p${n}@contoso.com`,
          EmailAddresses: [`SMTP:p${n}@contoso.com`],
        })),
        devices: each.map((n) => ({
          Guid: guid('3', n),
          Mailbox: guid('2', n),
          DeviceId: `Appl${n}`,
          DeviceType: 'iPhone',
          ClientType: 'EAS',
        })),
      },
      graph: {
        users: each.map((n) => ({
          id: guid('1', n),
          mail: `p${n}@contoso.com`,
          assignedPlans: [{ servicePlanId: intunePlan, capabilityStatus: 'Enabled' }],
        })),
        groups: [{ id: guid('9', 1), members: each.map((n) => guid('1', n)) }],
        managedDevices: each.map((n) => ({
          id: guid('4', n),
          userId: guid('1', n),
          easDeviceId: `Appl${n}`,
          azureADRegistered: true,
          complianceState: 'compliant',
          managementState: 'managed',
          managementAgent: 'mdm',
        })),
      },
    },
    policy: {
      conditionalAccessSettings: { enabled: true, includedGroups: [guid('9', 1)] },
      exchangeOnPremisesPolicy: { defaultAccessLevel: 'quarantine' },
    },
  }
}

function guid(block: string, number: number): string {
  return `00000000-0000-4000-8000-${block}${String(number).padStart(11, '0')}`
}

async function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}
