/** A scenario taken step by step on one running system: after each, everybody's decision, what Exchange makes of it, and the lists. */
import { expect } from 'vitest'
import { runScenario } from '../../sim/local/runScenario.ts'
import { readScenario, type Scenario } from '../../sim/local/scenarioFile.ts'
import { never, startStack } from '../../sim/local/stack.ts'
import { chainProblems, sentCommands, withoutEnd } from './auditProblems.ts'
import { readJson, scenarioFile, type ScenarioOutput } from './scenarioRun.ts'

/** One step of `NAME.expected.json`. */
export interface ExpectedStep {
  /** What the step does, in the words of the rule that it proves. */
  readonly what: string
  /** Exchange's default access level afterwards. */
  readonly default: string
  /** Name → `access[/fallback] reason → state [entries]`, of those alone who are not as after the step before; null: gone. */
  readonly changed: Readonly<Record<string, string | null>>
  /** Where the number matters. */
  readonly commands?: number
}

export interface StepPicture {
  readonly what: string
  readonly state: string
  readonly default: string
  readonly people: Readonly<Record<string, string>>
  readonly commands?: number
}

/** Names of phones that come by a patch, by their DeviceId. */
export type LaterNames = Readonly<Record<string, string>>

export const expectedSteps = (name: string) => readJson<readonly ExpectedStep[]>(scenarioFile(`${name}.expected.json`))

/** Each step's expectation in full: what the steps before it left is there still. */
export function expectedPictures(steps: readonly ExpectedStep[]): StepPicture[] {
  let people: Readonly<Record<string, string>> = {}
  return steps.map(({ what, default: level, changed, commands }) => {
    const all = Object.entries({ ...people, ...changed })
    people = Object.fromEntries(all.flatMap(([name, text]) => (text === null ? [] : [[name, text]])))
    return { what, state: 'done', default: level, people, ...(commands === undefined ? {} : { commands }) }
  })
}

/** Takes the scenario's steps and shows each in the expectation's shape. `kinds`: of the syncs, in order. */
export async function takeSteps(
  name: string,
  expected: readonly ExpectedStep[],
  later: LaterNames = {},
): Promise<{ pictures: StepPicture[]; outputs: ScenarioOutput[]; kinds: unknown[] }> {
  const { world, steps } = readScenario(scenarioFile(`${name}.json`))
  const { policy, ...worlds } = world
  const stack = await startStack({ world: worlds, policy, port: 0, schedules: never, retryMs: 0 })
  const pictures: StepPicture[] = []
  const outputs: ScenarioOutput[] = []
  try {
    const names = namesOf({ world, steps }, later)
    for (const [index, step] of steps.entries()) {
      const found = await runScenario(
        stack,
        { world, steps: [step] },
        () => undefined,
        () => undefined,
      )
      const output = found as unknown as ScenarioOutput
      outputs.push(output)
      pictures.push(pictureOf(output, names, expected[index]))
    }
    return { pictures, outputs, kinds: steps.flatMap(({ sync }) => sync ?? []) }
  } finally {
    await stack.stop()
  }
}

function pictureOf(
  { steps, decisions, exchange }: ScenarioOutput,
  names: ReadonlyMap<string, Person>,
  expected: ExpectedStep | undefined,
): StepPicture {
  const states = new Map(exchange.devices.map(({ Guid, DeviceAccessState }) => [Guid, DeviceAccessState]))
  const lists = new Map(exchange.mailboxes.map((mailbox) => [mailbox.Guid, mailbox]))
  const last = steps.at(-1)
  return {
    what: expected?.what ?? 'a step without an expectation',
    state: steps.every(({ state }) => state === 'done') ? 'done' : (last?.message ?? last?.state ?? 'no step'),
    default: exchange.organizationSettings.DefaultAccessLevel,
    people: Object.fromEntries(
      decisions.map(({ record, access, reason, fallback }) => {
        const { name, mailbox, deviceId } = names.get(record) ?? { name: record, mailbox: '', deviceId: '' }
        const has = (ids: readonly string[] = []) => ids.some((id) => id.toLowerCase() === deviceId.toLowerCase())
        const { ActiveSyncAllowedDeviceIDs, ActiveSyncBlockedDeviceIDs } = lists.get(mailbox) ?? {}
        const entries = `${has(ActiveSyncAllowedDeviceIDs) ? ' +' : ''}${has(ActiveSyncBlockedDeviceIDs) ? ' -' : ''}`
        return [name, `${access}${fallback ? `/${fallback}` : ''} ${reason} → ${states.get(record)}${entries}`]
      }),
    ),
    ...(expected?.commands === undefined ? {} : { commands: last?.commands ?? Number.NaN }),
  }
}

interface Person {
  readonly name: string
  readonly mailbox: string
  readonly deviceId: string
}

/** By the record's Guid: the part of the address before the @, or the name of a phone that came later. */
function namesOf({ world, steps }: Scenario, later: LaterNames): ReadonlyMap<string, Person> {
  const addresses = new Map(
    (world.exchange.mailboxes ?? []).map(({ Guid, PrimarySmtpAddress }) => [Guid, PrimarySmtpAddress ?? '']),
  )
  const devices = [...(world.exchange.devices ?? []), ...steps.flatMap(({ patch }) => patch?.exchange?.devices ?? [])]
  return new Map(
    devices.map(({ Guid, Mailbox, DeviceId }) => {
      const mailbox = Mailbox ?? ''
      const own = addresses.get(mailbox)?.split('@')[0] ?? ''
      return [Guid, { name: later[DeviceId ?? ''] ?? own, mailbox, deviceId: DeviceId ?? '' }]
    }),
  )
}

/** Promise 2: an unbroken chain, a row before every command, an end to each. */
export function expectAudited(outputs: readonly ScenarioOutput[]): void {
  const audit = outputs.at(-1)?.audit ?? []
  expect(chainProblems(audit)).toEqual([])
  expect(withoutEnd(audit)).toEqual([])
  const commands = outputs.flatMap(({ steps }) => steps.map((step) => step.commands))
  expect(sentCommands(audit)).toHaveLength(commands.reduce((sum, number) => sum + number, 0))
}
