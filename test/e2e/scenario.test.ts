import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { chainProblems, sentCommands, withoutEnd } from './auditProblems.ts'
import { killLaunchers, launch } from './launcher.ts'
import {
  expectContoso,
  expectedContoso,
  readJson,
  recordsOf,
  runScenario,
  scenarioFile,
  type MailboxView,
  type RuleView,
  type ScenarioOutput,
  type ScenarioWorld,
} from './scenarioRun.ts'

afterEach(killLaunchers)

describe('the sample company, started as a person would', () => {
  test('ends as expected, and a second full sync sends nothing', async () => {
    const file = scenarioFile('contoso.json')
    const { world } = readJson<{ world: ScenarioWorld }>(file)
    const ended = await runScenario(file)
    expectContoso(ended)
    const { output } = ended
    const mails = output.mails.map(({ record, to }) => ({ record: record ?? '', to }))
    expect(mails.toSorted((a, b) => (a.record < b.record ? -1 : 1))).toEqual(expectedContoso().mails)
    expectPromises(world, output)
    expectOperations(output)
  })
})

/** The operations of each step: counted while it ran, not made up afterwards. */
function expectOperations({ steps }: ScenarioOutput): void {
  for (const { operations, counts, commands } of steps) {
    const { tableRequests, tableOperations, queueSent, queueReceived, relayCommands, relayBytes } = operations
    for (const [name, count] of Object.entries(operations)) expect([name, count > 0]).toEqual([name, true])
    expect(operations).toMatchObject({
      graphRequests: counts['graphRequests'],
      relayConversations: counts['relayConversations'],
      invocations: queueReceived,
    })
    // A transaction is several operations; whoever started or approved the run sent the rest
    expect(tableOperations).toBeGreaterThan(tableRequests)
    expect([1, 2]).toContain(queueReceived - queueSent)
    // Those that change something, and those that read
    expect(relayCommands).toBeGreaterThan(commands)
    expect(relayBytes).toBeGreaterThan(100 * relayCommands)
  }
  const [first, second] = steps.map(({ operations }) => operations)
  expect(first?.relayCommands).toBeGreaterThan(second?.relayCommands ?? Number.NaN)
}

/** One row per scenario file: what each step did, and per person the decision and what Exchange does with the phone at the end. */
const scenarios = [
  {
    rule: 'a dry run and a plan beyond the limits send nothing; held is no failure',
    file: 'nothingSent.json',
    exitCode: 0,
    steps: ['done 0', 'held 0'],
    people: {
      ana: 'allow compliant → Allowed',
      ben: 'quarantine notEnrolled → Allowed',
      cleo: 'leave manualEntry → Allowed',
    },
    default: 'Allow',
    entries: { cleo: '+ApplCLEO' },
  },
  {
    rule: 'on an Exchange of 2010, a quick sync takes access away from a phone that is no longer compliant',
    file: 'takenAway.json',
    exitCode: 0,
    // The default and two allows; then one allow less
    steps: ['done 3', 'done 0', 'done 1'],
    people: {
      ana: 'allow compliant → Allowed',
      ben: 'quarantine notEnrolled → Quarantined',
      cleo: 'quarantine notCompliant → Quarantined',
    },
    default: 'Quarantine',
    entries: { ana: '+ApplANA' },
  },
  {
    rule: 'switched off, default, rules and entries are as before easgate; a group that does not exist is refused and changes nothing',
    file: 'switchedOff.json',
    exitCode: 2,
    // The default, a rule, two allows and a block; then all of it back
    steps: ['done 5', 'done 0', 'done 5', 'failed 0', 'done 0'],
    people: {
      ana: 'leave outOfScope → Allowed',
      ben: 'leave outOfScope → Blocked',
      cleo: 'leave outOfScope → Allowed',
      dan: 'leave outOfScope → Allowed',
      eve: 'leave outOfScope → Allowed',
    },
    default: 'Allow',
    entries: { cleo: '+ApplCLEO', dan: '+SomebodyElses' },
    says: /includedGroups: there is no group \S+404; check its object id in Entra, or leave it out/,
  },
  {
    rule: 'extra rules by pattern, version, group, silence and user; a scope; a pin of the settings’ list',
    file: 'extraRules.json',
    exitCode: 0,
    steps: ['done 7'],
    people: {
      ana: 'quarantine extraRule → Quarantined',
      ben: 'allow compliant → Allowed',
      cleo: 'allow extraRule → Allowed',
      dan: 'block extraRule → Blocked',
      eve: 'block extraRule → Blocked',
      finn: 'leave outOfScope → Quarantined',
      gus: 'leave outOfScope → Quarantined',
      hal: 'allow exempt → Allowed',
      ida: 'block extraRule → Blocked',
      jon: 'block pinned → Blocked',
    },
    default: 'Quarantine',
    entries: {
      ben: '+Devben',
      cleo: '+Devcleo',
      dan: '-Devdan',
      eve: '-Deveve',
      hal: '+Devhal',
      ida: '-Devida',
      jon: '-Devjon',
    },
  },
]

describe('small scenarios', () => {
  test.each(scenarios.map((one) => [one.rule, one] as const))('%s', async (_rule, expected) => {
    const { file, exitCode, steps, people, entries, says } = expected
    const { world } = readJson<{ world: ScenarioWorld }>(scenarioFile(file))
    const found = await runScenario(scenarioFile(file))
    const { output } = found
    const name = namesOf(world)
    expect({
      exitCode: found.exitCode,
      steps: output.steps.map(({ state, commands }) => `${state} ${commands}`),
      people: Object.fromEntries(
        recordsOf(output).map(({ record, access, reason, DeviceAccessState }) => [
          name.get(record),
          `${access} ${reason} → ${DeviceAccessState}`,
        ]),
      ),
      default: output.exchange.organizationSettings.DefaultAccessLevel,
      entries: Object.fromEntries(
        output.exchange.mailboxes.flatMap((mailbox) => {
          const text = entriesOf(mailbox)
          return text === '' ? [] : [[name.get(mailbox.Guid), text]]
        }),
      ),
    }).toEqual({ exitCode, steps, people, default: expected.default, entries })
    if (says) expect(output.steps.find(({ state }) => state === 'failed')?.message).toMatch(says)
    expectPromises(world, output)
  })
})

describe('a scenario file that is not one', () => {
  test.each([
    ['a property that the format does not have', { world: { exchange: {} }, step: [] }, '"step"'],
    ['one in a step', { world: { exchange: {} }, steps: [{ sync: 'full', aprove: true }] }, '"aprove"'],
    ['one in the policy', { world: { exchange: {}, policy: { setings: {} } } }, '"setings"'],
    ['a property of Exchange in the wrong case', { world: { exchange: { mailboxes: [{ guid: 'm1' }] } } }, '"guid"'],
    ['a step that does nothing', { world: { exchange: {} }, steps: [{}] }, 'a step needs sync, patch or remove'],
  ])('ends with 2 before anything is started, naming it: %s', async (_what, content, named) => {
    const launcher = launch(['--scenario', inFile(content)])
    expect(await launcher.exited).toBe(2)
    expect(launcher.said.stderr).toContain(named)
    expect(launcher.said.stdout).toBe('')
  })
})

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function inFile(content: object): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-scenario-'))
  folders.push(folder)
  const file = path.join(folder, 'scenario.json')
  writeFileSync(file, JSON.stringify(content))
  return file
}

/** People by the Guids of their mailbox and phone. */
function namesOf({ exchange }: ScenarioWorld): ReadonlyMap<string, string> {
  const mailboxes = exchange.mailboxes.map(
    ({ Guid, PrimarySmtpAddress }) => [Guid, PrimarySmtpAddress.split('@')[0] ?? ''] as const,
  )
  const owner = new Map(mailboxes)
  return new Map([
    ...mailboxes,
    ...exchange.devices.map(({ Guid, Mailbox }) => [Guid, owner.get(Mailbox) ?? ''] as const),
  ])
}

/** `+id` on Allowed, `-id` on Blocked. */
function entriesOf({ ActiveSyncAllowedDeviceIDs, ActiveSyncBlockedDeviceIDs }: MailboxView): string {
  return [
    ...ActiveSyncAllowedDeviceIDs.map((id) => `+${id}`),
    ...ActiveSyncBlockedDeviceIDs.map((id) => `-${id}`),
  ].join(' ')
}

const ruleText = ({ QueryString, Characteristic, AccessLevel }: RuleView) =>
  `${Characteristic} ${QueryString} ${AccessLevel}`

/** Promises 2 to 4 of the design, for whatever the scenario was. */
function expectPromises({ exchange: before }: ScenarioWorld, { steps, decisions, exchange, audit }: ScenarioOutput) {
  expect(chainProblems(audit)).toEqual([])
  const sent = sentCommands(audit)
  expect(sent).toHaveLength(steps.reduce((sum, { commands }) => sum + commands, 0))
  expect(withoutEnd(audit)).toEqual([])
  expect(decisions.map(({ record }) => record).toSorted()).toEqual(before.devices.map(({ Guid }) => Guid).toSorted())
  expect(exchange.accessRules.map(ruleText)).toEqual(expect.arrayContaining(before.accessRules.map(ruleText)))
  for (const was of before.mailboxes) {
    const is = exchange.mailboxes.find(({ Guid }) => Guid === was.Guid)
    const added = sent.filter(({ subject }) => subject === was.Guid).map(({ command }) => command)
    expectExplained(
      was.ActiveSyncAllowedDeviceIDs,
      is?.ActiveSyncAllowedDeviceIDs ?? [],
      added.flatMap(({ addAllowed = [] }) => addAllowed),
    )
    expectExplained(
      was.ActiveSyncBlockedDeviceIDs,
      is?.ActiveSyncBlockedDeviceIDs ?? [],
      added.flatMap(({ addBlocked = [] }) => addBlocked),
    )
  }
}

/** What was there is there still, and what came is in the audit. */
function expectExplained(was: readonly string[], is: readonly string[], added: readonly string[]): void {
  expect(is).toEqual(expect.arrayContaining([...was]))
  expect(added).toEqual(expect.arrayContaining(is.filter((id) => !was.includes(id))))
}
