/** GET /auditLogs/signIns: the sign-in log, newest first, filtered by user and time. Whatever else is asked of it is refused. */
import { unsupported } from './graphError.ts'
import { lowerText } from './lowerText.ts'
import { parseFilter, type Comparison, type Filter } from './parseFilter.ts'
import { optionOf, rootOf, type GraphReply, type GraphRequest } from './request.ts'
import type { GraphState } from './state.ts'
import type { GraphObject } from './world.ts'

const mostRows = 1000

/** One page: `$top` cuts, there is no link to a next one. Throws GraphFault. */
export function signInsOf({ signIns }: GraphState, request: GraphRequest): GraphReply {
  const text = optionOf(request, '$filter')
  const filter = text === null ? null : parseFilter(text)
  if (text !== null && filter === null) throw unsupported(`Invalid filter clause: ${text}`)
  const top = Number(optionOf(request, '$top') ?? mostRows)
  if (!Number.isInteger(top) || top < 1 || top > mostRows) throw unsupported(`$top must be 1 to ${mostRows}.`)
  const fits = filter === null ? () => true : predicate(filter)
  const value = signIns.filter(fits).toSorted(byTime).slice(0, top)
  return { status: 200, body: { '@odata.context': `${rootOf(request)}/$metadata#auditLogs/signIns`, value } }
}

function predicate(filter: Filter): (entry: GraphObject) => boolean {
  if (filter.kind === 'compare') return comparison(filter)
  const parts = filter.parts.map(predicate)
  if (filter.kind === 'or') throw unsupported('or is not simulated in the sign-in log.')
  return (entry) => parts.every((fits) => fits(entry))
}

function comparison({ property, op, values }: Comparison): (entry: GraphObject) => boolean {
  const [wanted = ''] = values
  if (property === 'userId' && op === 'eq') return (entry) => lowerText(entry['userId']) === wanted.toLowerCase()
  if (property === 'createdDateTime' && (op === 'ge' || op === 'le')) {
    const limit = Date.parse(wanted)
    if (Number.isNaN(limit)) throw unsupported(`${wanted} is no time.`)
    return (entry) => (op === 'ge' ? timeOf(entry) >= limit : timeOf(entry) <= limit)
  }
  throw unsupported(`Filter ${property} ${op} is not simulated in the sign-in log.`)
}

function byTime(a: GraphObject, b: GraphObject): number {
  return timeOf(b) - timeOf(a)
}

function timeOf(entry: GraphObject): number {
  return Date.parse(String(entry['createdDateTime']))
}
