/** Commands per second of the apply step, through everything: Azurite, rendezvous, relay and shell, with cmdlets of 50 ms. */
import { startStack, type Stack } from '../sim/local/stack.ts'
import { round, timed, type Bench, type BenchResult } from './bench.ts'

const cmdletMs = 50
const goal = 0.95
/** Enough commands that the first and the last hardly count: some seconds each. */
const cases = [
  { parallel: 1, commands: 120 },
  { parallel: 4, commands: 480 },
  { parallel: 15, commands: 1800 },
] as const
const intunePlan = 'c1ec4a95-1f05-45b3-a911-aa3fa01094f5'
const never = { full: '0 0 0 29 2 1', quick: '0 0 0 29 2 1' }

export const apply: Bench = async ({ records }) => {
  const measured: { parallel: number; commands: number; perSecond: number; share: number }[] = []
  let sequential = 0
  for (const { parallel, commands } of cases) {
    const count = records === undefined ? commands : Math.min(commands, records)
    const stack = await startStack({ ...enrolledCompany(count), schedules: never, port: 0, parallel, latencyMs: 0 })
    try {
      const perSecond = await commandsPerSecond(stack, count)
      measured.push({ parallel, commands: count, perSecond, share: perSecond / idealOf(parallel) })
      if (parallel === 1) sequential = await sequentialScript(stack, Math.min(count, 40))
    } finally {
      await stack.stop()
    }
  }
  return resultOf(measured, sequential)
}

function idealOf(parallel: number): number {
  return (parallel * 1000) / cmdletMs
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

/** What an administrator would write: one Set-CASMailbox after the other in one shell. Per second. */
async function sequentialScript({ urls }: Stack, count: number): Promise<number> {
  const { shell } = (await (await post(`${urls.exchange}/shells`, { account: 'script' })).json()) as { shell: string }
  const ms = await timed(async () => {
    for (let index = 0; index < count; index++) {
      const parameters = { Identity: guid('2', index), ActiveSyncBlockedDeviceIDs: { Add: ['ByHand'] } }
      await (await post(`${urls.exchange}/invoke`, { shell, cmdlet: 'Set-CASMailbox', parameters, returns: [] })).text()
    }
  })
  return (count / ms) * 1000
}

function resultOf(
  measured: readonly { parallel: number; commands: number; perSecond: number; share: number }[],
  sequential: number,
): BenchResult {
  return {
    rows: [
      ...measured.map(({ parallel, commands, perSecond, share }) => ({
        what: `easgate, parallel ${parallel}`,
        commands,
        'commands/s': round(perSecond, 1),
        'ideal/s': round(idealOf(parallel), 1),
        'of ideal': `${round(share * 100, 1)} %`,
      })),
      {
        what: 'sequential script',
        'commands/s': round(sequential, 1),
        'ideal/s': round(idealOf(1), 1),
        'of ideal': `${round((sequential / idealOf(1)) * 100, 1)} %`,
      },
    ],
    figures: measured.map(({ parallel, share }) => ({
      name: `apply at parallel ${parallel}`,
      value: round(share * 100, 1),
      unit: '% of P / 50 ms',
      goal: `at least ${goal * 100} %`,
      isReached: share >= goal,
    })),
  }
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
