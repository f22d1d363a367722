/** Plain requests to a simulated Graph, without the product's adapter, for the tests of this folder. */
import { startGraph, type GraphOptions, type SimulatedGraph } from '../../../sim/graph/startGraph.ts'
import * as z from 'zod'

const row = z.looseObject({ id: z.string() })
const page = z.looseObject({
  value: z.array(row),
  '@odata.nextLink': z.string().optional(),
  '@odata.deltaLink': z.string().optional(),
  '@odata.count': z.number().optional(),
})

export type Row = z.infer<typeof row>
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: unknown }

export async function withSim(options: GraphOptions, use: (graph: SimulatedGraph) => Promise<void>): Promise<void> {
  const graph = await startGraph(options)
  try {
    await use(graph)
  } finally {
    await graph.close()
  }
}

/** `address` is a path after the version, or a whole link. */
export async function ask(graph: SimulatedGraph, address: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(address.startsWith('http') ? address : `${graph.url}/v1.0/${address}`, init)
  const body = await response.text()
  return { status: response.status, headers: response.headers, body: body === '' ? undefined : JSON.parse(body) }
}

export async function post(graph: SimulatedGraph, path: string, body: unknown, method = 'POST'): Promise<Answer> {
  const response = await fetch(`${graph.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

/** Throws where the answer is no page. */
export async function askPage(
  graph: SimulatedGraph,
  address: string,
  init: RequestInit = {},
): Promise<z.infer<typeof page>> {
  return page.parse((await ask(graph, address, init)).body)
}

/** The rows of all pages and the delta link at their end. */
export async function askAll(
  graph: SimulatedGraph,
  address: string,
  init: RequestInit = {},
): Promise<{ rows: Row[]; pages: number; deltaLink: string }> {
  const rows: Row[] = []
  let pages = 0
  let deltaLink = ''
  for (let next: string | undefined = address; next !== undefined;) {
    const answer = await askPage(graph, next, init)
    rows.push(...answer.value)
    pages += 1
    next = answer['@odata.nextLink']
    deltaLink = answer['@odata.deltaLink'] ?? deltaLink
  }
  return { rows, pages, deltaLink }
}

export function idsOf(rows: readonly Row[]): string[] {
  return rows.map(({ id }) => id)
}
