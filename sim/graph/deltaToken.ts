/** The opaque `$skiptoken` and `$deltatoken` of the delta functions: they carry `$select` and `$filter`, and the directory's live seven days (facts D4). */
import * as z from 'zod'
import { GraphFault } from './graphError.ts'
import type { CollectionName } from './world.ts'

const tokenSchema = z.strictObject({
  of: z.enum(['users', 'groups', 'devices']),
  /** Everything, or the changes after version `from`. */
  from: z.number().int().nullable(),
  /** Version at which the round began: the next one goes on there. */
  upTo: z.number().int(),
  select: z.array(z.string()).nullable(),
  ids: z.array(z.string()).nullable(),
  /** Items of the round that came already, and the page that comes now. */
  done: z.number().int(),
  page: z.number().int(),
  issued: z.number(),
})

export type DeltaToken = z.infer<typeof tokenSchema>

const lifeMs = 7 * 24 * 3_600_000

export function packDeltaToken(token: DeltaToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

/** Throws 400 on what is no token, 410 on one that is too old or comes from a world that this one does not know. */
export function unpackDeltaToken(
  text: string,
  of: CollectionName,
  version: number,
  nowMs: number,
  restart: string,
): DeltaToken {
  const token = tokenSchema.safeParse(parseJson(Buffer.from(text, 'base64url').toString()))
  if (!token.success || token.data.of !== of) throw new GraphFault(400, 'BadRequest', 'Badly formed token.')
  if (token.data.upTo > version) throw gone('syncStateNotFound', restart)
  if (nowMs - token.data.issued > lifeMs) throw gone('resyncRequired', restart)
  return token.data
}

/** 410: begin again at `restart`. */
function gone(code: string, restart: string): GraphFault {
  return new GraphFault(410, code, 'Resync required. The sync state is not valid any more.', { location: restart })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
