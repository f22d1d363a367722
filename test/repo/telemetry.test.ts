// docs/telemetry.md against the code that writes the log: every event with its level and its fields, and no other. Alerts read by these names.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../functions/errors.ts'
import { onPoison } from '../../functions/handlers/onPoison.ts'
import { startDue } from '../../functions/sync/startDue.ts'
import type { GraphWorld } from '../../sim/graph/world.ts'
import type { LogLine } from '../fakes/ports.ts'
import type { FakeWorld } from '../fakes/exchangeFakeWorld.ts'
import { context, handlers } from '../handlers/handlerFixture.ts'
import { connectorId, fakeSystem } from '../sync/fakeSystem.ts'
import { policyOf, type PolicyWorld } from '../sync/policyOf.ts'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

const levels = { info: 'information', warn: 'warning', error: 'error' } as const
/** Stand where they apply, and so in no row. */
const always = ['connectorId', 'runId', 'kind']

interface Event {
  readonly level: string
  readonly fields: readonly string[]
}
const documented = eventsIn(read('docs/telemetry.md'))
const calls = readdirSync(path.join(root, 'functions'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => callsIn(read(path.join('functions', file)), file))

test('every event that the code writes is in docs/telemetry.md with its level, and no other', () => {
  const written = calls.map(({ event, level }) => `${event}: ${level}`)
  expect([...documented].map(([event, { level }]) => `${event}: ${level}`).toSorted()).toEqual(
    [...new Set(written)].toSorted(),
  )
})

test.each(calls.flatMap((call) => (call.keys ? [[call.event, call.file, call.keys, call.isWhole] as const] : [])))(
  '%s of %s has the fields that docs/telemetry.md names',
  (event, _file, keys, isWhole) => {
    const named = documented.get(event)?.fields ?? []
    const own = keys.filter((key) => !always.includes(key))
    if (isWhole) expect(named.toSorted()).toEqual(own.toSorted())
    else expect(own.filter((key) => !named.includes(key))).toEqual([])
  },
)

test('a call is found with its fields, over several lines and through a function', () => {
  expect(
    callsIn("ports.log.info('a', {\n  runId: run.id,\n  of: { x: 1, y },\n  n,\n})\nlog(c).warn('b', given)", 'f'),
  ).toEqual([
    { file: 'f', event: 'a', level: 'information', keys: ['runId', 'of', 'n'], isWhole: true },
    { file: 'f', event: 'b', level: 'warning', keys: null, isWhole: false },
  ])
  expect(callsIn("log.error('c', { a, ...(b ? { c } : {}) })", 'f')).toMatchObject([{ keys: ['a'], isWhole: false }])
  expect(() => callsIn('log.info(name, {})', 'f')).toThrow('f: an event whose name')
})

describe('the lines that alerts read have all of their fields, and no others:', async () => {
  const lines = await linesOfRuns()
  test.each(['runDone', 'stepDone', 'connectorState', 'planHeld', 'runFailed', 'poisonMessage'])('%s', (event) => {
    const found = new Set(lines.filter((line) => line.event === event).flatMap(({ fields }) => Object.keys(fields)))
    expect([...found].filter((name) => !always.includes(name)).toSorted()).toEqual(
      documented.get(event)?.fields.toSorted(),
    )
  })
  test('and whatever else was written has no field that is not named', () => {
    const unknown = lines.flatMap(({ event, fields }) =>
      Object.keys(fields)
        .filter((name) => ![...always, ...(documented.get(event)?.fields ?? [])].includes(name))
        .map((name) => `${event}.${name}`),
    )
    expect([...new Set(unknown)]).toEqual([])
  })
})

/** A plan that is held and approved, a failure, the timer's look, and a message that ends in the poison queue. */
async function linesOfRuns(): Promise<readonly LogLine[]> {
  const { world } = JSON.parse(read('test/scenarios/contoso.json')) as {
    readonly world: { readonly exchange: FakeWorld; readonly graph: GraphWorld; readonly policy: PolicyWorld }
  }
  const policy = policyOf(world.policy)
  const limits = { ...policy.settings.limits, maxLosingShare: 0, maxLosing: 0 }
  const strict = { ...policy, settings: { ...policy.settings, limits } }
  const system = await fakeSystem(world.exchange, world.graph, strict)
  const { directory, log, ports } = system
  await system.sync('full', { approve: true })
  await system.sync('quick')
  directory.failNext('users', new AppError('graphDenied', 'no permission'))
  await system.sync('full')
  await startDue(ports, 'quick', connectorId)
  const app = handlers()
  await onPoison({ connectorId: 'contoso', runId: 'gone', position: 3 }, context('poison'), app.wiring)
  return [...log.lines, ...app.log.lines]
}

/** Rows of the table of events. In the last cell every word in backquotes that is no example is a field. */
function eventsIn(text: string): Map<string, Event> {
  const table = /\| Event [\s\S]*?(?:\n\n|$)/.exec(text)?.[0] ?? ''
  const rows = table
    .split('\n')
    .slice(2)
    .filter((line) => line.startsWith('|'))
  return new Map(
    rows.map((row): [string, Event] => {
      const [event = '', level = '', , named = ''] = row.split('|').slice(1, -1)
      // What stands in brackets explains a field
      const fields = [...named.replaceAll(/\([^)]*\)/g, '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
      return [event.trim().replaceAll('`', ''), { level: level.trim(), fields }]
    }),
  )
}

interface LogCall {
  readonly file: string
  readonly event: string
  readonly level: string
  /** null: its fields are no literal here. */
  readonly keys: readonly string[] | null
  /** false: more are spread in. */
  readonly isWhole: boolean
}

function callsIn(code: string, file: string): LogCall[] {
  return [...code.matchAll(/\blog(?:\([^()]*\))?\.(info|warn|error)\(\s*(?:'([^']+)')?(,\s*\{)?/g)].map((match) => {
    const [whole, level, event, literal] = match
    if (event === undefined) throw new Error(`${file}: an event whose name is no text here cannot be looked up`)
    const tops = literal ? topLevel(code.slice(match.index + whole.length)) : null
    const keys = tops?.flatMap((part) => /^\w+/.exec(part)?.[0] ?? []) ?? null
    const isWhole = tops?.every((part) => !part.startsWith('...')) ?? false
    return { file, event, level: levels[level as keyof typeof levels], keys, isWhole }
  })
}

/** The properties of an object literal of which the opening brace was read. */
function topLevel(code: string): string[] {
  const parts = ['']
  for (let at = 0, depth = 0; at < code.length; at += 1) {
    const char = code.charAt(at)
    if ('({['.includes(char)) depth += 1
    if (')}]'.includes(char)) depth -= 1
    if (depth < 0) break
    if (char === ',' && depth === 0) parts.push('')
    else parts.push(`${parts.pop() ?? ''}${char}`)
  }
  return parts.map((part) => part.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').trim()).filter((part) => part !== '')
}
