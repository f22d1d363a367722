// The way an administrator goes, with the built program: join, import, configure, run, all without a terminal.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, test } from 'vitest'
import type { Rendezvous } from '../../../sim/rendezvous/startRendezvous.ts'
import { cloudPair, connectorId, read } from '../cloud.ts'
import { connectThrough, rule, startNamespace, startProgram } from '../relayProgram.ts'
import { fixtureShell } from '../startRelay.ts'
import { joinFileOf, newFolder, type Ended } from './commandLine.ts'

const main = fileURLToPath(new URL('../../../dist/relay/main.js', import.meta.url))

let rendezvous: Rendezvous
beforeEach(async () => {
  rendezvous = await startNamespace()
})

/** Standard input stays open, as that of a service manager may: a program that asks would wait for ever. */
async function easgateRelay(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (said.stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (said.stderr += String(chunk)))
  const [exitCode] = (await once(child, 'close')) as [number]
  return { exitCode, ...said }
}

test('join, import and configure make a configuration with which the relay runs; nothing but the fingerprint is left to approve', async () => {
  const folder = newFolder()
  const at = (name: string) => path.join(folder, name)
  const config = ['--config', at('relay.json')]
  const address = `${rendezvous.url}/$hc/exchange`
  const joinFile = joinFileOf(
    { connectorId, cloudKeys: [cloudPair.publicKey] },
    { address, keyName: rule.name, key: rule.key },
  )
  writeFileSync(at('join.json'), JSON.stringify(joinFile))
  writeFileSync(at('old.xml'), '<a><EnableParallelCommandSupport>true</EnableParallelCommandSupport></a>')

  const own = ['--state-dir', at('state'), '--listen-key-env', 'EASGATE_LISTEN_KEY', '--allow-host-suffix', '127.0.0.1']
  const joined = await easgateRelay('join', at('join.json'), ...config, ...own, '--delete-file', '--json')
  expect(joined).toMatchObject({ exitCode: 0, stderr: '' })
  expect(existsSync(at('join.json'))).toBe(false)
  expect(await easgateRelay('run', ...config)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('connection: is missing'),
  })
  expect(await easgateRelay('configure', ...config)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^missing: --server/),
  })
  expect(await easgateRelay('import', at('old.xml'), ...config)).toMatchObject({ exitCode: 0 })
  expect(await easgateRelay('configure', ...config, '--server', 'ex01.contoso.com')).toMatchObject({
    exitCode: 0,
    stderr: '',
  })

  const written = JSON.parse(readFileSync(at('relay.json'), 'utf8')) as { powershell: object }
  expect(written.powershell).toEqual({ parallel: 4 })
  writeFileSync(at('relay.json'), JSON.stringify({ ...written, powershell: { parallel: 4, executable: fixtureShell } }))
  const program = startProgram(config)
  const { fingerprint } = JSON.parse(joined.stdout) as { fingerprint: string }
  expect(await program.ready()).toEqual({ ready: true, fingerprint })
  const cloud = await (await connectThrough(rendezvous)).hello()
  expect((await cloud.run([read('rows=2')])).results).toMatchObject([{ ok: true, rowCount: 2 }])
})
