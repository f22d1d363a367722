/** Starts the built relay program against a simulated rendezvous, for tests that need the real process. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { connectUrl, resourceOf, sasToken, TOKEN_HEADER } from '../../protocol/rendezvous.ts'
import { startRendezvous, type Rendezvous } from '../../sim/rendezvous/startRendezvous.ts'
import { Cloud, cloudPair, connectorId } from './cloud.ts'
import { fixtureShell, newFolder } from './startRelay.ts'

const builtProgram = fileURLToPath(new URL('../../dist/relay/main.js', import.meta.url))
export const rule = { name: 'both', key: 'a-secret-key', rights: ['listen', 'send'] as ('listen' | 'send')[] }

export interface RelayProgram {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  /** All that it printed so far. */
  readonly said: { stdout: string; stderr: string }
  /** Exit code and signal. */
  readonly exited: Promise<unknown[]>
  /** The ready line; rejects when the program ends before. */
  readonly ready: () => Promise<unknown>
  /** Resolves when this text stands in the log. */
  readonly logged: (text: string) => Promise<void>
}

/** Ends with the test. */
export async function startNamespace(): Promise<Rendezvous> {
  const rendezvous = await startRendezvous({ paths: ['exchange'], rules: [rule] })
  onTestFinished(async () => rendezvous.close())
  return rendezvous
}

export function writeConfig(rendezvous: Rendezvous, changes: object = {}): string {
  const file = path.join(newFolder(), 'relay.config.json')
  const config = {
    connectorId,
    rendezvous: { address: addressOf(rendezvous), keyName: rule.name, key: { env: 'EASGATE_LISTEN_KEY' }, channels: 1 },
    cloudKeys: [cloudPair.publicKey],
    stateDir: 'state',
    powershell: { executable: fixtureShell, parallel: 2 },
    connection: { server: 'ex01.contoso.com' },
    ...changes,
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

/** Is killed at the end of the test. `at`: another copy of the program, and the folder that it runs in. */
export function startProgram(
  args: readonly string[],
  nodeArgs: readonly string[] = [],
  at: { readonly program?: string; readonly cwd?: string } = {},
): RelayProgram {
  const { program = builtProgram, cwd = process.cwd() } = at
  if (!existsSync(program)) throw new Error(`${program} is missing: run "npm run build" first`)
  const stdio: ['pipe', 'pipe', 'pipe'] = ['pipe', 'pipe', 'pipe']
  const env = { ...process.env, EASGATE_LISTEN_KEY: rule.key }
  const child = spawn(process.execPath, [...nodeArgs, program, 'run', ...args], { env, stdio, cwd })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (said.stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (said.stderr += String(chunk)))
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const ready = async () => {
    while (!said.stdout.includes('\n')) {
      const ended = await Promise.race([once(child.stdout, 'data'), exited.then(() => 'ended')])
      if (ended === 'ended') throw new Error(`the relay ended: ${said.stderr}`)
    }
    return JSON.parse(said.stdout) as unknown
  }
  const logged = async (text: string) => {
    while (!said.stderr.includes(text)) await once(child.stderr, 'data')
  }
  return { child, said, exited, ready, logged }
}

export async function connectThrough(rendezvous: Rendezvous): Promise<Cloud> {
  const address = addressOf(rendezvous)
  const expiresAtSeconds = Math.floor(Date.now() / 1000) + 600
  const token = sasToken({ resource: resourceOf(address), keyName: rule.name, key: rule.key, expiresAtSeconds })
  return new Cloud(connectUrl(address), { [TOKEN_HEADER]: token })
}

/** An executable that runs this shell command whatever its arguments are. */
export function writeShell(command: string): string {
  const file = path.join(newFolder(), 'shell')
  writeFileSync(file, `#!/bin/sh\n${command}\n`, { mode: 0o700 })
  return file
}

function addressOf(rendezvous: Rendezvous): string {
  return `${rendezvous.url}/$hc/exchange`
}
