// The package that an administrator installs: built, unpacked into a fresh folder and run there, with plain node and nothing beside it.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { unzipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { newKeyPair } from '../../protocol/signing.ts'
import { parseConfig } from '../../relay/config.ts'
import { eventTable } from '../../relay/eventLog/eventTable.ts'
import { read } from '../relay/cloud.ts'
import { onPowerShell, powershell } from '../relay/powershell/realPowerShell.ts'
import { connectThrough, startNamespace, startProgram, writeConfig } from '../relay/relayProgram.ts'
import { newFolder, until } from '../relay/startRelay.ts'

const root = path.resolve(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }

interface Built {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

function build(env: NodeJS.ProcessEnv = {}): Built {
  const script = path.join(root, 'tools/packageRelay.mjs')
  return JSON.parse(
    execFileSync(process.execPath, [script], { encoding: 'utf8', env: { ...process.env, ...env } }),
  ) as Built
}

let built: Built
let files: Record<string, Uint8Array>
/** Unpacked here, and the programs run somewhere else. */
const place = path.join(newFolder(), 'Program Files', 'easgate')
const elsewhere = newFolder()
const program = path.join(place, 'easgate-relay.mjs')
const textOf = (name: string) => readFileSync(path.join(place, name), 'utf8')

beforeAll(() => {
  built = build()
  files = unzipSync(readFileSync(path.join(root, built.file)))
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(place, name)), { recursive: true })
    writeFileSync(path.join(place, name), bytes)
  }
})

describe('the zip', () => {
  test('has what the README lists, and no more, in less than a megabyte', () => {
    const names = Object.keys(files)
    const scripts = names.filter((name) => name.startsWith('relay/powershell/'))
    expect(names.filter((name) => !scripts.includes(name))).toEqual([
      'LICENSE',
      'README.md',
      'THIRD-PARTY-NOTICES.txt',
      'easgate-relay.cmd',
      'easgate-relay.mjs',
      'package.json',
      'relay.example.json',
    ])
    expect(scripts.map((name) => name.slice('relay/powershell/'.length))).toEqual(
      expect.arrayContaining([
        'Easgate.psm1',
        'Invoke-EasgateWindows.ps1',
        'New-EasgateRoleGroup.ps1',
        'RowText.cs',
        'module/Sessions.ps1',
        'windows/Secrets.ps1',
      ]),
    )
    expect(scripts.filter((name) => !/\.(psm?1|cs)$/.test(name))).toEqual([])
    expect(built.bytes).toBeLessThan(1_000_000)
  })

  test('is the same to the byte when it is built again, in another time zone', () => {
    expect(build({ TZ: 'Pacific/Auckland' })).toEqual(built)
  })

  test('has lines as old Windows editors want them, and scripts in plain ASCII, as Windows PowerShell reads them', () => {
    for (const name of Object.keys(files).filter((one) => !one.endsWith('.mjs'))) {
      expect({ name, hasBareLineFeeds: /[^\r]\n/.test(textOf(name)) }).toEqual({ name, hasBareLineFeeds: false })
      if (/\.(psm?1|cs|cmd)$/.test(name))
        expect({ name, isAscii: /^[\0-\x7f]*$/.test(textOf(name)) }).toEqual({ name, isAscii: true })
    }
  })

  test('names the licence of every package in it', () => {
    const notices = textOf('THIRD-PARTY-NOTICES.txt')
    for (const name of ['commander', 'fast-xml-parser', 'node-powershell', 'pino', 'ws', 'zod'])
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\r$`, 'm'))
    expect(notices.match(/^-{72}\r$/gm)?.length).toBeGreaterThan(10)
    expect(notices).not.toContain(root)
  })

  test('has an example that is a configuration, once join has written its part', () => {
    const { publicKey } = newKeyPair()
    const example = JSON.parse(textOf('relay.example.json')) as object
    const joined = JSON.stringify({ ...example, cloudKeys: [publicKey] })
    expect(() => parseConfig(joined, path.join(place, 'relay.example.json'))).not.toThrow()
  })
})

function easgate(...args: readonly string[]) {
  return spawnSync(process.execPath, [program, ...args], { cwd: elsewhere, encoding: 'utf8' })
}

describe('the README', () => {
  const blocks = () =>
    [...textOf('README.md').matchAll(/```powershell\r\n([\s\S]*?)```/g)].map(([, block = '']) => block)

  test('is of this version, and every command and option in it exists', () => {
    expect(textOf('README.md')).toContain(`# easgate relay ${version}`)
    const lines = [...textOf('README.md').matchAll(/easgate-relay ([a-z]+)((?: [^`\r\n]*)?)/g)]
    const used = new Map<string, Set<string>>()
    for (const [, command = '', rest = ''] of lines) {
      const options = [...rest.matchAll(/ (--[a-z-]+)/g)].map(([, option = '']) => option)
      used.set(command, new Set([...(used.get(command) ?? []), ...options]))
    }
    expect([...used.keys()].toSorted()).toEqual([
      'check',
      'configure',
      'import',
      'install',
      'join',
      'status',
      'uninstall',
    ])
    for (const [command, options] of used) {
      const { status, stdout } = easgate(command, '--help')
      expect({ command, status }).toEqual({ command, status: 0 })
      expect([...options].filter((option) => !stdout.includes(option))).toEqual([])
    }
  })

  test('names every id of the event log', () => {
    const ids = [...textOf('README.md').matchAll(/\b(1\d{3}) [a-z]/g)].map(([, id]) => Number(id))
    expect(ids).toEqual(eventTable.map(({ id }) => id))
  })

  test('writes commands a person can copy: no line is cut', () => {
    expect(blocks().length).toBeGreaterThan(5)
    for (const block of blocks()) expect(block).not.toMatch(/…|\.\.\.|`\r\n/)
  })
})

describe('unpacked', () => {
  test('--version and --help answer, with every command', () => {
    expect(easgate('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' })
    const { status, stdout } = easgate('--help')
    expect(status).toBe(0)
    for (const command of ['join', 'import', 'configure', 'check', 'run', 'install', 'uninstall', 'status'])
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
  })

  test('run registers and serves a conversation; the log goes to its file; it idles below 80 MB; status says that it is well', async () => {
    const rendezvous = await startNamespace()
    const log = path.join(newFolder(), 'log', 'relay.log')
    const config = writeConfig(rendezvous, { log: { file: log } })
    const running = startProgram(['--config', config], [], { program, cwd: elsewhere })
    expect(await running.ready()).toEqual({ ready: true, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) })
    const cloud = await (await connectThrough(rendezvous)).hello()
    const { results } = await cloud.run([read('rows=3')])
    expect(results).toMatchObject([{ ok: true, rowCount: 3 }])
    expect(residentMb(running.child.pid)).toBeLessThan(80)

    // It writes its status beside its work, so a moment later.
    await until(() => statusIn(config).state === 'running')
    const { stdout } = easgate('status', '--config', config, '--json')
    const relay = { version, state: 'running', pid: running.child.pid }
    expect(JSON.parse(stdout)).toMatchObject({ running: true, relay })

    running.child.kill('SIGTERM')
    expect(await running.exited).toEqual([0, null])
    const events = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event)
    expect(events).toEqual(expect.arrayContaining(['relay.starting', 'relay.connected', 'relay.stopped']))
    expect(running.said.stderr).toBe('')
    expect(easgate('status', '--config', config)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('not running'),
    })
  })

  test('a package that is not whole says so', async () => {
    const alone = path.join(newFolder(), 'easgate-relay.mjs')
    writeFileSync(alone, files['easgate-relay.mjs'] ?? '')
    const { status, stderr } = spawnSync(process.execPath, [alone, '--version'], { cwd: elsewhere, encoding: 'utf8' })
    expect(status).not.toBe(0)
    expect(stderr).toContain('easgate is not installed whole')
  })
})

function statusIn(config: string): { readonly state?: string } {
  const file = path.join(path.dirname(config), 'state', 'status.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { state: string }) : {}
}

function residentMb(pid: number | undefined): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024
}

onPowerShell(() => {
  test('the scripts are read with the line ends that the package gives them', async () => {
    const script = path.join(place, 'relay/powershell/Invoke-EasgateWindows.ps1')
    const module = path.join(place, 'relay/powershell/Easgate.psm1')
    const command = `Import-Module '${module}'; (Get-Command -Module Easgate).Count; '{"operation":"nothing"}' | & '${script}'`
    const child = spawnSync(powershell ?? '', ['-NoProfile', '-NonInteractive', '-Command', command], {
      encoding: 'utf8',
    })
    expect(child.stderr).toBe('')
    const [count, answer = ''] = child.stdout.trim().split('\n')
    expect(Number(count)).toBeGreaterThanOrEqual(3)
    expect(JSON.parse(answer)).toMatchObject({ ok: false, error: { category: 'badInput' } })
  })
})
