/** The packaged relay: how long it takes to start beside Node alone, and what it holds while it waits for work. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { unzipSync } from 'fflate'
import { newKeyPair } from '../protocol/signing.ts'
import { root } from '../sim/local/programFiles.ts'
import { startRendezvous } from '../sim/rendezvous/startRendezvous.ts'
import { median, round, timed, type Bench } from './bench.ts'

const goals = { startMs: 1_000, idleMb: 80, zipMb: 1 }
const rule = { name: 'relay', key: 'bench', rights: ['listen'] as 'listen'[] }

export const relayPackage: Bench = async ({ rounds = 7 }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-package-'))
  const rendezvous = await startRendezvous({ paths: ['exchange'], rules: [rule] })
  try {
    const zipBytes = unpack(folder)
    const program = path.join(folder, 'easgate-relay.mjs')
    const config = writeConfig(folder, rendezvous.url)
    const alone: number[] = []
    const version: number[] = []
    const ready: number[] = []
    const idle: number[] = []
    for (let count = 0; count < rounds; count += 1) {
      alone.push(await timed(() => execFileSync(process.execPath, ['-e', '0'])))
      version.push(await timed(() => execFileSync(process.execPath, [program, '--version'])))
      const { readyMs, idleMb } = await runOnce(program, config)
      ready.push(readyMs)
      idle.push(idleMb)
    }
    return resultOf({ alone, version, ready, idle }, zipBytes)
  } finally {
    await rendezvous.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Samples {
  readonly alone: readonly number[]
  readonly version: readonly number[]
  readonly ready: readonly number[]
  readonly idle: readonly number[]
}

function resultOf({ alone, version, ready, idle }: Samples, zipBytes: number): Awaited<ReturnType<Bench>> {
  const nodeMs = median(alone)
  const row = (what: string, ms: number) => ({
    what,
    'median ms': round(ms),
    'beside node -e 0': round(ms / nodeMs, 1),
  })
  const startMs = round(median(ready))
  const idleMb = round(Math.max(...idle), 1)
  const zipMb = round(zipBytes / 1e6, 2)
  return {
    rows: [
      row('node -e 0', nodeMs),
      row('easgate-relay --version', median(version)),
      row('easgate-relay run, until it is registered (without PowerShell)', median(ready)),
    ],
    figures: [
      {
        name: 'start of run',
        value: startMs,
        unit: 'ms',
        goal: `below ${goals.startMs}`,
        isReached: startMs < goals.startMs,
      },
      {
        name: 'resident while idle, at most',
        value: idleMb,
        unit: 'MB',
        goal: `below ${goals.idleMb}`,
        isReached: idleMb < goals.idleMb,
      },
      { name: 'the zip', value: zipMb, unit: 'MB', goal: `below ${goals.zipMb}`, isReached: zipMb < goals.zipMb },
    ],
  }
}

/** Gives the size of the zip. */
function unpack(folder: string): number {
  const said = execFileSync(process.execPath, [path.join(root, 'tools/packageRelay.mjs')], { encoding: 'utf8' })
  const { file } = JSON.parse(said) as { file: string }
  const zip = readFileSync(path.join(root, file))
  const files = unzipSync(zip, { filter: ({ name }) => !name.includes('/') })
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(folder, name), bytes)
  return zip.length
}

function writeConfig(folder: string, rendezvousUrl: string): string {
  const file = path.join(folder, 'relay.config.json')
  const shell = path.join(folder, 'shell')
  // No PowerShell at all: the relay registers all the same, and what is measured is the relay's own.
  writeFileSync(shell, '#!/bin/sh\nexit 1\n', { mode: 0o700 })
  writeFileSync(
    file,
    JSON.stringify({
      connectorId: 'bench',
      rendezvous: { address: `${rendezvousUrl}/$hc/exchange`, keyName: rule.name, key: { env: 'EASGATE_LISTEN_KEY' } },
      cloudKeys: [newKeyPair().publicKey],
      stateDir: 'state',
      powershell: { executable: shell },
      connection: { server: 'ex01.contoso.com' },
    }),
  )
  return file
}

async function runOnce(program: string, config: string): Promise<{ readyMs: number; idleMb: number }> {
  const start = performance.now()
  const child = spawn(process.execPath, [program, 'run', '--config', config, '--with-parent'], {
    env: { ...process.env, EASGATE_LISTEN_KEY: rule.key },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const ended = once(child, 'exit')
  await once(createInterface({ input: child.stdout }), 'line')
  const readyMs = performance.now() - start
  const idleMb = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' })) / 1024
  child.stdin.end()
  await ended
  return { readyMs, idleMb }
}
