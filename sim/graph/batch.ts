/** `POST /$batch`: up to twenty requests in one, each answered for itself (facts D5). */
import * as z from 'zod'
import { GraphFault, errorBody } from './graphError.ts'
import { toGraphRequest, type GraphReply, type GraphRequest } from './request.ts'

const most = 20

const batchSchema = z.object({
  requests: z.array(
    z.object({
      id: z.string().min(1),
      method: z.string().min(1),
      url: z.string().min(1),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.unknown().optional(),
      dependsOn: z.array(z.string()).optional(),
    }),
  ),
})

type Item = z.infer<typeof batchSchema>['requests'][number]

/** Answers come in another order than they were asked, as Graph's may. The outer status is 200 even if every item failed. */
export async function answerBatch(
  request: GraphRequest,
  serve: (item: GraphRequest) => Promise<GraphReply>,
): Promise<GraphReply> {
  const items = parseBatch(request.body)
  const replies = new Map<string, GraphReply>()
  for (const item of items) {
    const isBlocked = (item.dependsOn ?? []).some((id) => (replies.get(id)?.status ?? 400) >= 400)
    const message = 'A request that this one depends on failed.'
    const reply = isBlocked
      ? { status: 424, body: errorBody('FailedDependency', message) }
      : await serve(toRequest(request, item))
    replies.set(item.id, reply)
  }
  const responses = [...replies].map(([id, { status, headers = {}, body }]) => ({
    id,
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  }))
  return { status: 200, body: { responses: responses.toReversed() } }
}

function parseBatch(body: unknown): readonly Item[] {
  const parsed = batchSchema.safeParse(body)
  if (!parsed.success) throw badBatch('Invalid batch payload format.')
  const { requests } = parsed.data
  if (requests.length > most) throw badBatch(`Number of batch request steps exceeds the maximum value of ${most}.`)
  const seen = new Set<string>()
  for (const { id, url, dependsOn = [] } of requests) {
    if (seen.has(id)) throw badBatch(`Request id ${id} comes twice.`)
    if (dependsOn.some((other) => !seen.has(other)))
      throw badBatch(`Request ${id} depends on one that does not come before it.`)
    if (/^\/?\$batch\b/.test(url)) throw badBatch('A batch in a batch is not supported.')
    if (URL.canParse(url)) throw badBatch(`Request ${id} has an absolute address.`)
    seen.add(id)
  }
  return requests
}

function toRequest(outer: GraphRequest, item: Item): GraphRequest {
  const url = new URL(`/${outer.version}/${item.url.replace(/^\//, '')}`, outer.url.origin)
  const headers = Object.fromEntries(
    Object.entries(item.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const request = toGraphRequest(item.method.toUpperCase(), url, headers, item.body)
  if (request === null) throw badBatch(`Request ${item.id} has no address of Graph.`)
  return request
}

function badBatch(message: string): GraphFault {
  return new GraphFault(400, 'BadRequest', message)
}
