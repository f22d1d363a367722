/** What an operation of the HTTP API gets and gives; httpHandler.ts is around it. Types only, but for the two ways to name a connector. */
import type { HttpRequest } from '@azure/functions'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Wiring } from '../wiring.ts'
import type { Caller, Role } from './caller.ts'

export interface Call {
  readonly request: HttpRequest
  readonly ports: Ports
  readonly caller: Caller
  /** As configured, in their order. */
  readonly connectors: readonly { readonly id: string; readonly name: string }[]
  readonly joining: Wiring['joining']
}

export interface Answer {
  readonly status: number
  /** JSON; left out where there is nothing to say. */
  readonly body?: unknown
  /** Instead of a body: as it is; the headers say what it is. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One operation: one method on one path. */
export interface Route {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** The least role that may call it. */
  readonly role: Role
  readonly answer: (call: Call) => Promise<Answer>
}

/** The connector that the path names. Throws AppError notFound. */
export function connectorInPath({ request, connectors }: Call): string {
  return known(request.params['connectorId'] ?? '', connectors)
}

/** The connector of a resource that Graph has only once: the only one, or the one that `?connector=` names. Throws badRequest, notFound. */
export function onlyConnector({ request, connectors }: Call): string {
  const named = request.query.get('connector')
  if (named !== null) return known(named, connectors)
  const [first, ...others] = connectors
  if (first && others.length === 0) return first.id
  const ids = connectors.map(({ id }) => id).join(', ')
  throw new AppError(
    'badRequest',
    `this app serves ${connectors.length} connectors; say which one with ?connector=ID: ${ids}`,
  )
}

function known(id: string, connectors: Call['connectors']): string {
  if (connectors.some((one) => one.id === id)) return id
  throw new AppError('notFound', `there is no connector "${id.slice(0, 128)}"`)
}
