/** A scenario file through the built launcher: the world that went in and the result that came out. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { AuditRow } from '../../functions/core/audit.ts'
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
  readonly steps: readonly { readonly state: string; readonly commands: number; readonly message?: string }[]
  readonly decisions: readonly DecisionView[]
  readonly exchange: ExchangeView
  readonly audit: readonly AuditRow[]
}

export const scenarioFile = (name: string) => path.join(import.meta.dirname, '../scenarios', name)

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

/** Exit code, and the result that the launcher wrote. */
export async function runScenario(file: string): Promise<{ exitCode: unknown; output: ScenarioOutput }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-scenario-'))
  const json = path.join(folder, 'result.json')
  try {
    const launcher = launch(['--scenario', file, '--json', json, '--port', '0'])
    const exitCode = await launcher.exited
    return { exitCode, output: readJson<ScenarioOutput>(json) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
