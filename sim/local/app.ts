/** Talks to the Functions app as an administrator's tools do: over its HTTP API, and no other way. */

/** What the API says of a run, as far as the launcher reads it. */
export interface RunView {
  readonly id: string
  readonly kind: string
  readonly state: string
  readonly step: string
  readonly counts: Readonly<Record<string, number>>
  readonly refusal: { readonly message: string } | null
  readonly failure: { readonly code: string; readonly message: string; readonly step: string } | null
  readonly startedAt: string
  readonly endedAt: string | null
}

export interface App {
  get<T>(path: string): Promise<T>
  /** Every item of a paged collection. */
  all<T>(path: string): Promise<T[]>
  send(method: 'POST' | 'PATCH', path: string, body?: unknown): Promise<Response>
  /** Asks for a sync and waits until it has ended or is held; `onProgress` gets the run whenever it moved. */
  sync(request: SyncRequest): Promise<RunView>
}

export interface SyncRequest {
  readonly kind: 'full' | 'quick'
  readonly dryRun?: boolean
  readonly approve?: boolean
  readonly onProgress?: (run: RunView) => void
}

const pollMs = 100

export function appAt(url: string, connectorId: string): App {
  const own = `/easgate/connectors/${encodeURIComponent(connectorId)}`

  async function send(method: 'POST' | 'PATCH', path: string, body?: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' }
    return checked(
      await fetch(absolute(path), { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
      method,
      path,
    )
  }
  async function get<T>(path: string): Promise<T> {
    return (await checked(await fetch(absolute(path)), 'GET', path)).json() as Promise<T>
  }
  async function all<T>(path: string): Promise<T[]> {
    const items: T[] = []
    for (let next: string | undefined = path; next !== undefined;) {
      const page: { value: T[]; '@odata.nextLink'?: string } = await get(next)
      items.push(...page.value)
      next = page['@odata.nextLink']
    }
    return items
  }
  async function ended(runId: string, onProgress: (run: RunView) => void): Promise<RunView> {
    let seen = ''
    for (;;) {
      const run = await get<RunView>(`${own}/runs/${encodeURIComponent(runId)}`)
      const place = `${run.state} ${run.step} ${JSON.stringify(run.counts)}`
      if (place !== seen) onProgress(run)
      seen = place
      if (run.state !== 'running') return run
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }

  return {
    get,
    all,
    send,
    async sync({ kind, dryRun = false, approve = false, onProgress = () => undefined }) {
      const syncType = kind === 'full' ? 'fullSync' : 'deltaSync'
      const path = `/v1.0/deviceManagement/exchangeConnectors/${encodeURIComponent(connectorId)}/sync${dryRun ? '?dryRun=true' : ''}`
      const runId = (await send('POST', path, { syncType })).headers.get('easgate-run-id')
      if (runId === null) throw new Error(`the ${kind} sync waits for a running one; ask again when that is done`)
      const run = await ended(runId, onProgress)
      if (run.state !== 'held' || !approve) return run
      await send('POST', `${own}/runs/${encodeURIComponent(runId)}/approve`)
      return ended(runId, onProgress)
    },
  }

  function absolute(path: string): string {
    return path.startsWith('http') ? path : `${url}${path}`
  }
}

async function checked(response: Response, method: string, path: string): Promise<Response> {
  if (response.ok) return response
  const text = await response.text()
  throw new Error(`${method} ${path}: ${response.status} ${messageOf(text)}`)
}

/** The message of Graph's error body, or the text itself. */
function messageOf(text: string): string {
  try {
    const body = JSON.parse(text) as { error?: { code?: string; message?: string } }
    return body.error ? `${body.error.code ?? ''}: ${body.error.message ?? ''}` : text
  } catch {
    return text
  }
}
