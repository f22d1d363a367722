// The package of the Functions app, outside the repository and with nothing beside it, in every Node that Azure runs.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { unzipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { programFile, root } from '../../sim/local/programFiles.ts'
import { nodes } from '../nodes.ts'
import { packFunctions, type Packed } from './packFunctions.ts'

const run = promisify(execFile)
const host = programFile('sim/host/main.js')
const getHealth = path.join(import.meta.dirname, 'fixtures/getHealth.mjs')

let packed: Packed
const fileOf = (name: string) => path.join(packed.folder, name)
const textOf = (name: string) => readFileSync(fileOf(name), 'utf8')
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name)).replaceAll('\\', '/'))
    .toSorted()

beforeAll(() => {
  packed = packFunctions()
})

describe('the folder', () => {
  test('has the program, host.json, package.json and the licences, and nothing else', () => {
    const names = filesIn(packed.folder).filter((name) => !/^chunks\/[\w-]+\.js$/.test(name) && name !== 'LICENSE')
    expect(names).toEqual(['THIRD-PARTY-NOTICES.txt', 'app.js', 'host.json', 'package.json'])
  })

  test('has at most 5 MB, zipped or not', () => {
    expect(packed.bytes).toBeLessThanOrEqual(5_000_000)
    expect(packed.zipBytes).toBeLessThanOrEqual(packed.bytes)
  })

  test('describes itself as ESM with one main file and nothing to install', () => {
    const { main, type, engines, ...rest } = JSON.parse(textOf('package.json')) as Record<string, unknown>
    expect({ main, type, engines }).toEqual({ main: 'app.js', type: 'module', engines: { node: '>=20.19' } })
    expect(Object.keys(rest).toSorted()).toEqual(['license', 'name', 'private', 'version'])
  })

  test('has the host.json of the repository', () => {
    expect(textOf('host.json')).toBe(readFileSync(path.join(root, 'host.json'), 'utf8'))
  })

  test('names the licence of every package in it, and no path of this machine', () => {
    const notices = textOf('THIRD-PARTY-NOTICES.txt')
    for (const name of ['@azure/functions', '@azure/identity', '@azure/data-tables', 're2js', 'sanitize-html', 'ws'])
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'm'))
    for (const name of filesIn(packed.folder)) expect(textOf(name)).not.toContain(root)
  })

  test('has no package for development in it, and nothing of relay or simulators', () => {
    const { devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>
    }
    const named = [...textOf('THIRD-PARTY-NOTICES.txt').matchAll(/^(\S+) \d+\.\d+\.\d+\S*\n-{72}$/gm)].map(
      ([, name = '']) => name,
    )
    expect(named.length).toBeGreaterThan(20)
    const relayOnly = ['node-powershell', 'pino', 'commander', '@clack/prompts']
    expect(named.filter((name) => name in devDependencies || relayOnly.includes(name))).toEqual([])
  })

  test('loads the library of the identity only when a token is wanted', () => {
    expect(textOf('app.js')).not.toContain('169.254.169.254')
    const chunks = filesIn(packed.folder).filter((name) => name.startsWith('chunks/'))
    expect(chunks.filter((name) => textOf(name).includes('169.254.169.254'))).toHaveLength(1)
  })

  test('is not written over a folder that is something else', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'easgate-mine-'))
    mkdirSync(path.join(folder, 'notes'))
    writeFileSync(path.join(folder, 'notes/keep.txt'), 'mine')
    const made = run(process.execPath, [path.join(root, 'tools/packageFunctions.mjs'), folder])
    await expect(made).rejects.toThrow('is no package of the Functions app')
    expect(filesIn(folder)).toEqual(['notes/keep.txt'])
  })
})

describe('the zip', () => {
  test('has the files of the folder, and is the same to the byte when it is made again in another time zone', () => {
    const files = unzipSync(readFileSync(packed.zip))
    expect(Object.keys(files).toSorted()).toEqual(filesIn(packed.folder))
    for (const [name, bytes] of Object.entries(files)) expect(Buffer.compare(bytes, readFileSync(fileOf(name)))).toBe(0)
    expect(packFunctions({ TZ: 'Pacific/Auckland' }).sha256).toBe(packed.sha256)
  })
})

describe.each(nodes)('in %s, outside the repository', (_version, node = '') => {
  const { PATH = '' } = process.env
  const list = async (app: string): Promise<unknown> =>
    JSON.parse((await run(node, [host, '--app', app, '--list'], { env: { PATH } })).stdout)
  const health = async (env: Record<string, string>) => {
    const args = [getHealth, fileOf('app.js'), path.join(root, 'dist')]
    const { stdout } = await run(node, args, { env: { PATH, ...env }, cwd: packed.folder })
    return JSON.parse(stdout) as { statusCode: string; body: string }
  }

  test.skipIf(node === '')(
    'it registers the functions that the build registers (test/app.test.ts names them)',
    async () => {
      expect(await list(fileOf('app.js'))).toEqual(await list(programFile('functions/app.js')))
    },
  )

  test.skipIf(node === '')('health answers that the app is not configured, to nobody why', async () => {
    const { statusCode, body } = await health({})
    expect([statusCode, JSON.parse(body)]).toEqual(['503', { status: 'notConfigured' }])
  })
})
