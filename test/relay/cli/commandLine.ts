/** Runs the commands of easgate-relay in this process: with what is typed, on which system, and what a person answers. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { newKeyPair } from '../../../protocol/signing.ts'
import { configureCommand } from '../../../relay/cli/configure.ts'
import { importCommand } from '../../../relay/cli/import.ts'
import { joinCommand } from '../../../relay/cli/join.ts'
import { runProgram } from '../../../relay/cli/program.ts'
import type { Asker } from '../../../relay/cli/prompt.ts'
import { runCommand } from '../../../relay/cli/run.ts'
import type { Surroundings } from '../../../relay/cli/surroundings.ts'
import { windowsScript, type WindowsScript } from '../../../relay/windows/windowsScript.ts'

export const fixtureScript = fileURLToPath(new URL('../fixtures/windowsScript.mjs', import.meta.url))
export const cloudKey = newKeyPair().publicKey

export interface Here {
  readonly env?: NodeJS.ProcessEnv
  readonly platform?: string
  readonly asker?: Asker
}

export interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export async function commandLine(args: readonly string[], here: Here = {}): Promise<Ended> {
  const said = { stdout: '', stderr: '' }
  const own = surroundings(here, said)
  const exitCode = await runProgram(commandsOf(own), args, own)
  return { exitCode, ...said }
}

/** The commands of relay/main.ts that set up and run. */
export function commandsOf(here: Surroundings): Command[] {
  return [joinCommand, importCommand, configureCommand, runCommand].map((command) => command(here))
}

export function surroundings(here: Here = {}, said = { stdout: '', stderr: '' }): Surroundings {
  const { env = {}, platform = 'linux', asker } = here
  return {
    env,
    platform,
    asker,
    writeOut: (text) => (said.stdout += text),
    writeError: (text) => (said.stderr += text),
    windows: standIn(platform, env),
  }
}

/** Windows' part, played by fixtures/windowsScript.mjs. */
export function standIn(platform: string, env: NodeJS.ProcessEnv = {}, timeoutMs = 20_000): WindowsScript {
  const own = { ...process.env, ...env }
  return windowsScript({
    executable: fixtureScript,
    scriptPath: 'Invoke-EasgateWindows.ps1',
    platform,
    env: own,
    timeoutMs,
  })
}

export function newFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'easgate-cli-'))
}

/** A join file as the cloud side makes it. */
export function joinFileOf(changes: object = {}, rendezvous: object = {}): object {
  const address = 'wss://contoso.servicebus.windows.net/$hc/exchange'
  return {
    easgateJoin: 1,
    connectorId: 'contoso',
    rendezvous: { address, keyName: 'listen', key: 'listen-key-secret', ...rendezvous },
    cloudKeys: [cloudKey],
    issuedAt: '2026-11-21T20:00:00.000Z',
    ...changes,
  }
}

/** A person who gives these answers, each to the question that contains its name; every other question gets what it offers. */
export function person(answers: Readonly<Record<string, string | boolean>>): Asker & { readonly asked: string[] } {
  const asked: string[] = []
  const find = (message: string) => {
    asked.push(message)
    return Object.entries(answers).find(([part]) => message.includes(part))?.[1]
  }
  return {
    asked,
    text: async (message, initial, check) => {
      const answer = String(find(message) ?? initial)
      const problem = check?.(answer)
      if (problem !== undefined) throw new Error(`${message}: ${problem}`)
      return answer
    },
    secret: async (message) => String(find(message) ?? ''),
    confirm: async (message, initial) => Boolean(find(message) ?? initial),
    choose: async (message, choices, initial) => {
      const answer = find(message)
      return choices.find(({ value }) => value === answer)?.value ?? initial
    },
  }
}
