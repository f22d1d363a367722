/** A scenario file through the built launcher: the world that went in and the result that came out. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import type { AuditRow } from '../../functions/core/audit.ts'
import type { Operations } from '../../sim/local/operations.ts'
import { launch } from './launcher.ts'

export interface RuleView {
  readonly QueryString: string
  readonly Characteristic: string
  readonly AccessLevel: string
}
export interface MailboxView {
  readonly Guid: string
  readonly ActiveSyncAllowedDeviceIDs: readonly string[]
  readonly ActiveSyncBlockedDeviceIDs: readonly string[]
}
export interface ExchangeView {
  readonly organizationSettings: { readonly DefaultAccessLevel: string }
  readonly accessRules: readonly RuleView[]
  readonly mailboxes: readonly MailboxView[]
  readonly devices: readonly { readonly Guid: string; readonly DeviceAccessState: string }[]
}

export interface ScenarioWorld {
  readonly exchange: {
    readonly organizationSettings: ExchangeView['organizationSettings']
    readonly accessRules: readonly RuleView[]
    readonly mailboxes: readonly (MailboxView & { readonly PrimarySmtpAddress: string })[]
    readonly devices: readonly { readonly Guid: string; readonly Mailbox: string }[]
  }
}

export interface DecisionView {
  readonly record: string
  readonly access: string
  readonly reason: string
  readonly fallback?: string
}

export interface ScenarioOutput {
  readonly steps: readonly {
    readonly state: string
    readonly counts: Readonly<Record<string, number>>
    readonly commands: number
    readonly operations: Operations
    readonly message?: string
  }[]
  readonly decisions: readonly DecisionView[]
  readonly exchange: ExchangeView
  readonly mails: readonly { readonly to: string; readonly subject: string; readonly record: string | null }[]
  readonly audit: readonly AuditRow[]
}

export const scenarioFile = (name: string) => path.join(import.meta.dirname, '../scenarios', name)

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

/** Decision and state of every record, in the shape and order that the expectation is compared in. */
export function recordsOf({ decisions, exchange }: ScenarioOutput) {
  const states = new Map(exchange.devices.map(({ Guid, DeviceAccessState }) => [Guid, DeviceAccessState]))
  return decisions
    .map((decision) => ({ ...decision, DeviceAccessState: states.get(decision.record) }))
    .toSorted(byRecord)
}

const byRecord = (a: { readonly record: string }, b: { readonly record: string }) => (a.record < b.record ? -1 : 1)

/** The sample company ended as it must, and its second full sync sent nothing. */
export function expectContoso({ exitCode, output }: ScenarioEnd): void {
  const expected = expectedContoso()
  expect(exitCode).toBe(0)
  expect(output.steps.map(({ state }) => state)).toEqual(['done', 'done'])
  expect(output.steps[0]?.commands).toBeGreaterThan(0)
  expect(output.steps[1]?.commands).toBe(0)
  expect(output.exchange.organizationSettings.DefaultAccessLevel).toBe(expected.defaultLevel)
  expect(recordsOf(output)).toEqual(expected.records)
}

/** What the sample company must end in: the default, the records in the shape of `recordsOf`, and one mail for each that is kept out. */
export function expectedContoso() {
  const { defaultAccessLevel, records } = readJson<Expected>(scenarioFile('contoso.expected.json'))
  const shown = records.map(({ user: _user, DeviceId: _id, ...record }) => record)
  const mails = records
    .filter(({ access }) => access === 'block' || access === 'quarantine')
    .map(({ record, user }) => ({ record, to: user }))
  return { defaultLevel: defaultAccessLevel, records: shown.toSorted(byRecord), mails }
}

interface Expected {
  readonly defaultAccessLevel: string
  readonly records: readonly (DecisionView & {
    readonly user: string
    readonly DeviceId: string
    readonly DeviceAccessState: string
  })[]
}

export interface ScenarioEnd {
  readonly exitCode: unknown
  /** The result that the launcher wrote. */
  readonly output: ScenarioOutput
}

export async function runScenario(file: string, env: NodeJS.ProcessEnv = {}): Promise<ScenarioEnd> {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-scenario-'))
  const json = path.join(folder, 'result.json')
  try {
    const launcher = launch(['--scenario', file, '--json', json, '--port', '0'], env)
    const exitCode = await launcher.exited
    return { exitCode, output: readJson<ScenarioOutput>(json) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
