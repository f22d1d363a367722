import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { firstLine, simProgram, type Child } from '../simProgram.ts'

const run = simProgram('graph')

const graph = { users: [{ id: 'u1' }], managedDevices: [{ id: 'm1' }] }
const files: Readonly<Record<string, unknown>> = {
  'scenario.json': { world: { exchange: { organization: 'Contoso' }, graph, policy: {} }, steps: [] },
  'world.json': { exchange: {}, graph },
  'graph.json': graph,
  'none.json': { world: { exchange: {} } },
  'wrong.json': { users: [{ mail: 'a@x' }] },
  'unknown.json': { people: [] },
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'easgate-graph-'))
  for (const [name, content] of Object.entries(files)) {
    await writeFile(path.join(folder, name), JSON.stringify(content))
  }
})
afterAll(() => rm(folder, { recursive: true }))

const started = z.object({ port: z.number(), url: z.string() })

async function start(...given: string[]): Promise<{ child: Child; url: string }> {
  const child = run('--print-json', ...given)
  const { port, url } = started.parse(JSON.parse(await firstLine(child)))
  expect(url).toBe(`http://127.0.0.1:${port}`)
  return { child, url }
}

test.each([
  ['scenario.json', ['u1']],
  ['world.json', ['u1']],
  ['graph.json', ['u1']],
  ['none.json', []],
])('serves %s and ends cleanly on SIGTERM', async (file, expected) => {
  const { child, url } = await start('--world', path.join(folder, file))
  const body = await (await fetch(`${url}/v1.0/users?$select=id`)).json()
  expect(body).toMatchObject({ value: expected.map((id) => ({ id })) })
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('ends with its parent if told to', async () => {
  const { child } = await start('--world', path.join(folder, 'graph.json'), '--with-parent')
  child.stdin.end()
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('ends on SIGTERM while a request has no answer', async () => {
  const { child, url } = await start('--world', path.join(folder, 'graph.json'))
  const order = JSON.stringify({ fault: 'hang' })
  expect((await fetch(`${url}/_sim/faults`, { method: 'POST', body: order })).status).toBe(204)
  const hanging = fetch(`${url}/v1.0/users`)
  const cut = expect(hanging).rejects.toThrow('fetch failed')
  await untilAsked(url)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  await cut
})

test.each([
  ['wrong.json', 'users[0].id'],
  ['unknown.json', 'people'],
  ['missing.json', 'missing.json'],
])('refuses %s and says why', async (file, why) => {
  const child = run('--world', path.join(folder, file))
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  expect(said).toContain(why)
  expect(code).toBe(1)
})

test('explains itself', async () => {
  const said = await text(run('--help').stdout)
  for (const word of ['--world', '--require-token', '/_sim/patch', '/_sim/faults', 'retryAfter'])
    expect(said).toContain(word)
})

const counted = z.object({ total: z.number() })

async function untilAsked(url: string): Promise<void> {
  let total = 0
  while (total === 0) total = counted.parse(await (await fetch(`${url}/_sim/requests`)).json()).total
}
