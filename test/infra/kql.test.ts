// The queries of alerts, workbook and docs/telemetry.md, read by Microsoft's own analyzer of KQL: syntax, columns, functions.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import vm from 'node:vm'
import { beforeAll, describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const analyzer = path.join(root, 'node_modules/@kusto/language-service-next')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

/** What of the analyzer is used; it is C# made into JavaScript, and its own types are 30,000 lines. */
interface Kusto {
  readonly KustoCode: {
    readonly ParseAndAnalyze: (query: string, globals: unknown) => { readonly GetDiagnostics: () => unknown }
  }
  readonly GlobalState: { readonly Default: { readonly WithDatabase: (database: unknown) => unknown } }
  readonly Symbols: {
    readonly TableSymbol: { readonly $ctor7: new (name: string, schema: string, description: null) => unknown }
    readonly DatabaseSymbol: { readonly ctor: new (name: string, tables: readonly unknown[]) => unknown }
  }
}
interface Loaded {
  readonly Kusto: { readonly Language: Kusto }
  readonly System: {
    readonly Array: {
      readonly getCount: (list: unknown) => number
      readonly getItem: (list: unknown, index: number) => { readonly Message: string }
    }
  }
}

/** The columns of the table that we use, of https://learn.microsoft.com/azure/azure-monitor/reference/tables/apptraces */
const columns = '(TimeGenerated:datetime, Message:string, SeverityLevel:int, Properties:dynamic, OperationId:string)'

let loaded: Loaded
let globals: unknown

function problemsOf(query: string): string[] {
  const diagnostics = loaded.Kusto.Language.KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics()
  const { getCount, getItem } = loaded.System.Array
  return Array.from({ length: getCount(diagnostics) }, (_, index) => getItem(diagnostics, index).Message)
}

interface Part {
  readonly name: string
  readonly content: { readonly query?: string; readonly parameters?: readonly { readonly query?: string }[] }
}
const { items } = JSON.parse(read('infra/workbook.json')) as { readonly items: readonly Part[] }
const inWorkbook = items.flatMap(({ name, content }) =>
  [content.query, ...(content.parameters ?? []).map(({ query }) => query)].flatMap((query) =>
    query ? [[name, query] as const] : [],
  ),
)
const queries = [
  ...readdirSync(path.join(root, 'infra/queries')).map((file) => [file, read(`infra/queries/${file}`)] as const),
  ...inWorkbook.map(([name, query]) => [`workbook: ${name}`, withParameters(query)] as const),
  ['docs/telemetry.md', /```kusto\n([\s\S]*?)```/.exec(read('docs/telemetry.md'))?.[1] ?? ''] as const,
]

/** As the workbook fills them in. */
function withParameters(query: string): string {
  return query
    .replaceAll('{TimeRange:grain}', '1h')
    .replaceAll('{TimeRange}', '> ago(1d)')
    .replaceAll('{Connector}', '*')
}

const isThere = existsSync(analyzer)
describe.skipIf(!isThere)(`KQL${isThere ? '' : ' (skipped: @kusto/language-service-next is not installed)'}`, () => {
  beforeAll(() => {
    // Made for browsers: the scripts hang what they have on the global object
    for (const file of ['bridge.min.js', 'Kusto.Language.Bridge.min.js'])
      vm.runInThisContext(readFileSync(path.join(analyzer, file), 'utf8'), { filename: file })
    loaded = globalThis as unknown as Loaded
    const { GlobalState, Symbols } = loaded.Kusto.Language
    const table = new Symbols.TableSymbol.$ctor7('AppTraces', columns, null)
    globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('workspace', [table]))
  })
  test.each(queries)('%s is without a fault', (_name, query) => {
    expect(problemsOf(query)).toEqual([])
  })
  test('a wrong column, a wrong operator and a reserved word are found', () => {
    expect(problemsOf('AppTraces | where Text == "x"')).toEqual([expect.stringContaining("'Text'")])
    expect(problemsOf('AppTraces | summarise count()')[0]).toContain('operator')
    expect(problemsOf('AppTraces | project kind = Message')[0]).toContain("['kind']")
  })
})
