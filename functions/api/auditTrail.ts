/** easgate/connectors/{id}/audit: the hash chain from its first row on, or from `?from=SEQ`, exactly as stored, so that it can be checked elsewhere. */
import * as z from 'zod'
import { AppError } from '../errors.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'
import { pageBody, readPosition, readTop } from './paging.ts'

/** Throws AppError notFound, badRequest. */
export async function listAudit(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const top = readTop(call.request, 100, 1000)
  const from = readPosition(call.request, z.int().min(1)) ?? readFrom(call)
  const found = await call.ports.store.audit(connectorId, from, top + 1)
  return { status: 200, body: pageBody(call.request, found.slice(0, top), found[top]?.seq ?? null) }
}

const rowsPerExport = 10_000

/** The same rows as JSON lines, each with its connector, for a file that `npm run verify-audit` checks. Goes on at the link named next. Throws AppError notFound, badRequest. */
export async function exportAudit(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const rows = await call.ports.store.audit(connectorId, readFrom(call), rowsPerExport + 1)
  const next = rows[rowsPerExport]?.seq
  const lines = rows.slice(0, rowsPerExport).map((row) => `${JSON.stringify({ connectorId, ...row })}\n`)
  const headers = { 'content-type': 'application/x-ndjson; charset=utf-8', ...(next && { link: nextLink(call, next) }) }
  return { status: 200, text: lines.join(''), headers }
}

/** As RFC 8288 has it. */
function nextLink({ request }: Call, from: number): string {
  const url = new URL(request.url)
  url.searchParams.set('from', String(from))
  return `<${url.href}>; rel="next"`
}

function readFrom({ request }: Call): number {
  const text = request.query.get('from') ?? '1'
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new AppError('badRequest', 'from must be the number of an audit row, 1 or more')
}
