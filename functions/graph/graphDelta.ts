/** One round of a delta function: every page of it, then the link for the next round; null when the link is too old (facts D4). */
import * as z from 'zod'
import { AppError } from '../errors.ts'
import { graphFailure, type Asked } from './graphFailure.ts'
import type { GraphHttp, GraphReply } from './graphHttp.ts'
import { checkCursor } from './graphPage.ts'

const deltaBody = z.object({
  value: z.array(z.looseObject({ id: z.string().min(1) })),
  '@odata.nextLink': z.string().min(1).nullish(),
  '@odata.deltaLink': z.string().min(1).nullish(),
})
export type DeltaItem = z.infer<typeof deltaBody>['value'][number]

export interface DeltaRound {
  readonly items: readonly DeltaItem[]
  /** Begins the next round. */
  readonly link: string
}

/** Beyond this much there was more than a change: everything is read instead. */
const mostItems = 20_000
const tooOld: readonly string[] = ['resyncrequired', 'syncstatenotfound']

/** null: the link is too old, or there is so much that reading everything is cheaper. Throws AppError graphFailed, graphDenied. */
export async function readDelta(
  http: GraphHttp,
  url: string,
  { origin, asked }: { readonly origin: string; readonly asked: Asked },
): Promise<DeltaRound | null> {
  const items: DeltaItem[] = []
  const seen = new Set<string>()
  for (let next = url; ;) {
    const reply = await http.get(checkCursor(next, origin, asked), {})
    if (reply.status === 410 || isTooOld(reply)) return null
    if (reply.status !== 200) throw graphFailure(reply, asked)
    const page = parse(reply, asked)
    items.push(...page.value)
    if (items.length > mostItems) return null
    const link = page['@odata.deltaLink']
    if (link) return { items, link: checkCursor(link, origin, asked) }
    next = page['@odata.nextLink'] ?? ''
    if (next === '' || seen.has(next)) throw broken(asked, 'a page without an end, or the same link twice')
    seen.add(next)
  }
}

function isTooOld({ status, text }: GraphReply): boolean {
  return status === 400 && tooOld.some((code) => text.toLowerCase().includes(`"${code}"`))
}

function parse(reply: GraphReply, asked: Asked) {
  try {
    return deltaBody.parse(JSON.parse(reply.text))
  } catch (cause) {
    throw broken(asked, 'a page that is none', cause)
  }
}

function broken({ what }: Asked, found: string, cause?: unknown): AppError {
  return new AppError('graphFailed', `${what}: Microsoft Graph gave ${found}.`, { retryable: true, cause })
}
