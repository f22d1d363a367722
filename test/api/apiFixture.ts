/** The whole HTTP API as a caller sees it: routes, sign-in, handler and answer, over a Store in memory. Real requests, no host. */
import azf from '@azure/functions'
import type { Role } from '../../functions/api/caller.ts'
import { httpHandler } from '../../functions/api/httpHandler.ts'
import { routes } from '../../functions/api/routes.ts'
import { AppError } from '../../functions/errors.ts'
import type { Ports } from '../../functions/ports.ts'
import type { Directory } from '../../functions/portsDirectory.ts'
import { compilePattern } from '../../functions/rules/compilePattern.ts'
import type { Joining, Wiring } from '../../functions/wiring.ts'
import { newKeyPair } from '../../protocol/signing.ts'
import { activationFake } from '../fakes/activationFake.ts'
import { fakeClock, fakeQueue, recordingLog } from '../fakes/ports.ts'
import { noDirectory } from '../fakes/noDirectory.ts'
import { fakeStore } from '../fakes/storeFake.ts'

export const now = '2026-11-21T08:00:00.000Z'
const invocationId = 'e0e6c0a3-5d7e-4f0e-9a51-0f4a0c9b1c11'
export const personId = '6f0d9a52-6a0b-4f2e-8f6d-9c4f6a1d7b10'

export interface Sent {
  readonly body?: unknown
  /** App roles of the caller; null: nobody signed in. */
  readonly roles?: readonly (Role | 'Guest')[] | null
  readonly headers?: Record<string, string>
}

export interface Got {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: unknown
  /** Where the answer is none of JSON. */
  readonly text?: string
}

/** An app with these connectors, in Azure behind its built-in authentication. */
export function api(connectorIds: readonly string[] = ['contoso'], overrides: Partial<Wiring> = {}) {
  const clock = fakeClock(now)
  const log = recordingLog()
  const queue = fakeQueue()
  const store = fakeStore({ now: () => clock.now() })
  let ids = 0
  const ports: Ports = {
    store,
    queue,
    clock,
    log,
    exchange: { converse: noExchange, tellRetired: noExchange, traffic: () => ({ commands: 0, bytes: 0 }) },
    directory: groupsOnly,
    newId: () => `${String((ids += 1)).padStart(8, '0')}-0000-4000-8000-000000000000`,
    hash: (text) => text,
    compilePattern,
    activation: activationFake(),
  }
  const wiring: Wiring = {
    hosting: { isAzure: true, hasBuiltInAuth: true, isLoopbackAdmin: false },
    connectors: connectorIds.map((id) => ({ id, name: id })),
    joining: (id) => (connectorIds.includes(id) ? joining : null),
    problems: [],
    anchors: null,
    log: () => log,
    ports: async () => ports,
    ...overrides,
  }
  return { store, queue, clock, log, ports, call: (...request: Request) => call(wiring, ...request) }
}

/** Graph, asked for nothing but groups: those named gone… do not exist, those named empty… have nobody in them, `silent` is never answered. */
const groupsOnly = new Proxy(noDirectory, {
  get: (directory, name: keyof Directory) => (name === 'memberIds' ? memberIds : directory[name]),
})

const memberIds: Directory['memberIds'] = async (groupId) => {
  if (groupId.startsWith('gone')) throw new AppError('groupNotFound', `Group ${groupId} does not exist.`)
  if (groupId === 'silent') throw new AppError('graphFailed', 'Graph did not answer', { retryable: true })
  return { items: groupId.startsWith('empty') ? [] : ['user-1'], next: null }
}

/** What a relay joins with. */
export const joining: Joining = {
  rendezvous: { address: 'wss://easgate.servicebus.windows.net/$hc/contoso', keyName: 'listen', key: 'listen-key' },
  cloudKeys: [newKeyPair().publicKey],
}

type Request = [method: string, path: string, sent?: Sent]

const noExchange = () => Promise.reject(new Error('the API talks to no relay'))

async function call(
  wiring: Wiring,
  method: string,
  path: string,
  { body, roles = ['Admin'], headers = {} }: Sent = {},
): Promise<Got> {
  const url = new URL(path, 'https://easgate.example')
  const found = routes.flatMap((route) => {
    const params = route.method === method ? paramsOf(route.path, url.pathname) : null
    return params ? [{ route, params }] : []
  })
  const [only] = found
  if (!only || found.length > 1) throw new Error(`${method} ${path} has ${found.length} routes`)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const request = new azf.HttpRequest({
    method,
    url: url.href,
    params: only.params,
    query: Object.fromEntries(url.searchParams),
    headers: { ...(roles === null ? {} : { 'x-ms-client-principal': principal(roles) }), ...headers },
    ...(text === undefined || method === 'GET' ? {} : { body: { string: text } }),
  })
  const context = new azf.InvocationContext({ invocationId, functionName: only.route.name })
  const answer = await httpHandler(
    only.route,
    () => wiring,
    () => new Date(now),
  )(request, context)
  if (typeof answer !== 'object' || answer instanceof azf.HttpResponse) throw new Error('not a plain answer')
  const given = Object.entries(answer.headers ?? {}).map(([name, value]) => [name, String(value)])
  return {
    status: answer.status ?? 200,
    headers: Object.fromEntries(given),
    body: JSON.parse(JSON.stringify(answer.jsonBody ?? null)),
    ...(typeof answer.body === 'string' ? { text: answer.body } : {}),
  }
}

/** What App Service puts into x-ms-client-principal. */
export function principal(roles: readonly string[], id: string | null = personId): string {
  const role = 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'
  const claims = [
    { typ: 'name', val: 'Ada' },
    ...(id === null ? [] : [{ typ: 'http://schemas.microsoft.com/identity/claims/objectidentifier', val: id }]),
    ...roles.map((val) => ({ typ: 'roles', val })),
  ]
  return Buffer.from(JSON.stringify({ auth_typ: 'aad', name_typ: 'name', role_typ: role, claims })).toString('base64')
}

/** The parameters of a path under a route, or null. */
function paramsOf(route: string, path: string): Record<string, string> | null {
  const wanted = route.split('/')
  const given = path.slice(1).split('/')
  if (wanted.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    const value = decodeURIComponent(given[index] ?? '')
    if (name !== undefined) params[name] = value
    else if (part !== value) return null
  }
  return params
}

/** Graph's error body as this fixture's requests get it. */
export function graphError(code: string, message: string) {
  return {
    error: { code, message, innerError: { date: now, 'request-id': invocationId, 'client-request-id': invocationId } },
  }
}

export const errorHeaders = {
  'request-id': invocationId,
  'client-request-id': invocationId,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}
