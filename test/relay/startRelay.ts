/** Builds what the relay's tests need: the runner over the fixture shell, a WebSocket server with sessions on it, a signing cloud side. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { BatchLedger, type LedgerLimits } from '../../relay/batchLedger.ts'
import type { Conversations, ConversationsOptions } from '../../relay/conversations.ts'
import { CommandRunner } from '../../relay/powershell/commandRunner.ts'
import type { RunnerCommand } from '../../relay/powershell/runnerCommand.ts'
import { hostTimes, type HostTimes } from '../../relay/powershell/hostOptions.ts'
import { ShellHost } from '../../relay/powershell/shellHost.ts'
import type { Outcome } from '../../relay/powershell/stepReply.ts'
import { relayInfoOf } from '../../relay/relayInfo.ts'
import { RetiredState } from '../../relay/retired.ts'
import { aCommand } from './aCommand.ts'
import type { Cloud } from './cloud.ts'
import { serveConversations } from './conversationServer.ts'

const silentLog = pino({ level: 'silent' })
export const fixtureShell = fileURLToPath(new URL('fixtures/pwsh.mjs', import.meta.url))

const quickTimes: HostTimes = {
  ...hostTimes,
  importMs: 5_000,
  openMs: 5_000,
  stepGraceMs: 5_000,
  closeMs: 1_000,
  firstBackoffMs: 1,
  longestBackoffMs: 5,
}

export interface RunnerSettings {
  readonly parallel?: number
  readonly env?: NodeJS.ProcessEnv
  readonly executable?: string
  readonly times?: Partial<HostTimes>
  readonly maxReplyBytes?: number
  readonly stopGraceMs?: number
  /** False: return while the child is still being opened. */
  readonly waitsForOpen?: boolean
}

export interface TestRunner {
  readonly host: ShellHost
  readonly runner: CommandRunner
  /** A line for each command that Exchange was given, in order. */
  readonly journal: () => string[]
  /** Resolves when the claim is true; looks again every two milliseconds. */
  readonly until: (claim: () => boolean) => Promise<void>
  /** One command, straight to the runner. */
  readonly runOne: (parameters: Record<string, string>, changes?: Partial<RunnerCommand>) => Promise<Outcome>
}

export async function startRunner(settings: RunnerSettings = {}): Promise<TestRunner> {
  const { parallel = 1, env = {}, executable = fixtureShell, times = {}, maxReplyBytes = 8_000_000 } = settings
  const journalFile = path.join(newFolder(), 'journal')
  const host = new ShellHost({
    executable,
    modulePath: 'Easgate.psm1',
    env: { ...process.env, FIXTURE_JOURNAL: journalFile, ...env },
    settings: { parallel, connection: { server: 'ex01.contoso.com' } },
    maxReplyBytes,
    times: { ...quickTimes, ...times },
    log: silentLog,
    now: Date.now,
    random: Math.random,
  })
  const { stopGraceMs = 200 } = settings
  const runner = new CommandRunner({ host, parallel, now: Date.now, log: silentLog, stopGraceMs })
  const started = runner.start()
  if (settings.waitsForOpen !== false) await started
  const runOne = async (parameters: Record<string, string>, changes: Partial<RunnerCommand> = {}) =>
    new Promise<Outcome>((resolve) => {
      const own = { cmdlet: 'Set-CASMailbox', parameters, silenceMs: 60_000, onDone: resolve }
      runner.lane().add(aCommand({ ...own, ...changes }))
    })
  return { host, runner, journal: () => linesOf(journalFile), runOne, until }
}

export async function until(claim: () => boolean): Promise<void> {
  while (!claim()) await new Promise((resolve) => setTimeout(resolve, 2))
}

export function newFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'easgate-relay-'))
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(0, -1)
  } catch {
    return []
  }
}

export interface TestRelay extends TestRunner {
  readonly connect: () => Cloud
  readonly conversations: Conversations
  readonly ledger: BatchLedger
  readonly stop: () => Promise<void>
}

export interface TestRelaySettings extends RunnerSettings {
  readonly options?: Partial<ConversationsOptions>
  readonly ledgerLimits?: LedgerLimits
}

/** The relay without rendezvous: its conversations come from a WebSocket server on loopback. */
export async function startTestRelay(settings: TestRelaySettings = {}): Promise<TestRelay> {
  const base = await startRunner(settings)
  const { runner, host } = base
  const now = settings.options?.now ?? Date.now
  const ledger = new BatchLedger(runner, now, settings.ledgerLimits)
  const { conversations, connect, stop } = await serveConversations({
    runner,
    ledger,
    relayInfo: () =>
      relayInfoOf(host, { version: '0.0.0', parallel: settings.parallel ?? 1, sendsMail: false, replace: false }),
    retired: new RetiredState(newFolder(), silentLog),
    log: silentLog,
    ...settings.options,
  })
  return {
    ...base,
    ledger,
    conversations,
    connect,
    async stop() {
      try {
        stop()
      } finally {
        await runner.close(2_000)
      }
    },
  }
}
