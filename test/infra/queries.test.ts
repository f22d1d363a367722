// What alerts and workbook ask the log for: events, fields and counts that docs/telemetry.md names, and pages that exist.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

/** Cells of the rows of the table whose first heading is `first`. */
function rowsOf(first: string): string[][] {
  const table = new RegExp(`\\| ${first} [\\s\\S]*?(?:\\n\\n|$)`).exec(read('docs/telemetry.md'))?.[0] ?? ''
  return table
    .split('\n')
    .slice(2)
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').slice(1, -1))
}
const coded = (text = '') => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)

const always = ['event', 'connectorId', 'runId', 'kind']
const fields = new Map(
  rowsOf('Event').map(([event, , , named]) => [coded(event)[0] ?? '', [...always, ...coded(named)]]),
)
/** Whole names, and beginnings that end in a dot. */
const counts = rowsOf('Count').map(([name]) => coded(name)[0] ?? '')

interface WorkbookItem {
  readonly name: string
  readonly content: {
    readonly query?: string
    readonly parameters?: readonly { readonly name: string; readonly query?: string }[]
  }
}
const workbook = JSON.parse(read('infra/workbook.json')) as {
  readonly version: string
  readonly items: readonly WorkbookItem[]
}
const inWorkbook = workbook.items.flatMap(({ name, content }) => [
  ...(content.query ? [[`workbook: ${name}`, content.query] as const] : []),
  ...(content.parameters ?? []).flatMap((one) => (one.query ? [[`workbook: ${one.name}`, one.query] as const] : [])),
])
const inAlerts = readdirSync(path.join(root, 'infra/queries')).map(
  (file) => [file, read(`infra/queries/${file}`)] as const,
)
const queries = [...inAlerts, ...inWorkbook]

/** What is wrong with the names in a query. */
function unknownNames(query: string): string[] {
  const events = [...query.matchAll(/e\.event\) == '([^']+)'/g)].map(([, event = '']) => event)
  const mayRead = events.flatMap((event) => fields.get(event) ?? [])
  const used = [...query.matchAll(/\be\.(\w+)/g)].map(([, field = '']) => field)
  const named = [
    ...query.matchAll(/'((?:found|decided|outcome|mails|delay)\.\w*|graph\w+|matched|relayConversations)'/g),
  ]
  return [
    ...(events.length === 0 ? ['no event'] : []),
    ...events.filter((event) => !fields.has(event)),
    ...used.filter((field) => !mayRead.includes(field)),
    ...named
      .map(([, name = '']) => name)
      .filter((name) => !counts.some((one) => name === one || (one.endsWith('.') && name.startsWith(one)))),
  ]
}

describe('every name in a query is in docs/telemetry.md', () => {
  test.each(queries)('%s', (_name, query) => {
    expect(unknownNames(query)).toEqual([])
  })
  test('a clean-up of stale partnerships, which is of the kind full, too, is never taken for a full sync', () => {
    const ofFull = queries.filter(([, query]) => query.includes("e.kind) == 'full'"))
    expect(ofFull.length).toBeGreaterThan(2)
    expect(ofFull.filter(([, query]) => !query.includes("e.mode) == 'everything'"))).toEqual([])
  })
  test('a wrong name is found', () => {
    const query =
      "where tostring(e.event) == 'runDone' and e.runtime > 1 and name == 'errors.x' or name == 'outcomes.x'"
    expect(unknownNames(query)).toEqual(['runtime'])
    expect(unknownNames("e.event) == 'runEnded'")).toEqual(['runEnded', 'event'])
    expect(unknownNames("where tostring(e.event) == 'runDone' and name == 'graphErrors'")).toEqual(['graphErrors'])
  })
  test('the tables are found', () => {
    expect([fields.size > 40, counts.length]).toEqual([true, 10])
  })
})

describe('alerts', () => {
  const bicep = read('infra/modules/alerts.bicep')
  const names = [...bicep.matchAll(/^ {4}name: '([a-z-]+)'$/gm)].map(([, name]) => name)
  const wanted = ['no-full-sync', 'no-quick-sync', 'no-relay', 'plan-held', 'command-failures']

  test('are the six of the contract, and each leads to its heading in docs/operating.md', () => {
    expect(names).toEqual(wanted)
    const headings = [...read('docs/operating.md').matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
      text.toLowerCase().replaceAll(' ', '-'),
    )
    expect(headings).toEqual(expect.arrayContaining([...wanted, 'poison-messages']))
    expect(bicep).toContain("'${pair.alert.text} ${manual}#${pair.alert.name}'")
    expect(bicep).toContain('${manual}#poison-messages')
  })
  test('every file of queries is used by one alert, and asks for one connector', () => {
    for (const [file, query] of inAlerts) {
      expect(bicep.split(`'../queries/${file}'`)).toHaveLength(2)
      expect(query.includes("'CONNECTOR'")).toBe(file !== 'poisonMessages.kql')
    }
  })
  test('no query looks further back than its window lets it', () => {
    const minutes: Readonly<Record<string, number>> = { PT15M: 15, PT30M: 30, PT1H: 60, P2D: 2880 }
    const windows = [...bicep.matchAll(/window(?:Size)?: '(\w+)'[\s\S]*?queries\/(\w+\.kql)'/g)]
    expect(windows).toHaveLength(6)
    for (const [, window = '', file = ''] of windows) {
      const [, number, unit] = /ago\((\d+)([mh])\)/.exec(read(`infra/queries/${file}`)) ?? []
      expect(Number(number) * (unit === 'h' ? 60 : 1)).toBeLessThanOrEqual(minutes[window] ?? 0)
    }
  })
})

test('the workbook has a part for each thing that operations look at', () => {
  expect(workbook.version).toBe('Notebook/1.0')
  const parts = [
    'now',
    'runs',
    'failed',
    'duration',
    'steps',
    'records',
    'decisions',
    'commands',
    'graph',
    'delay',
    'mails',
    'holds',
    'relays',
  ]
  expect(workbook.items.map(({ name }) => name)).toEqual(['intro', 'parameters', ...parts])
})
