/** A request to the simulated Graph and its reply, apart from sockets: `$batch` sends the same ones inside. */

export type GraphRequest = {
  readonly method: string
  readonly url: URL
  readonly version: 'v1.0' | 'beta'
  /** Path after the version, decoded. */
  readonly path: readonly string[]
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export type GraphReply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Null where the path begins with no version of Graph. */
export function toGraphRequest(
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): GraphRequest | null {
  const [version, ...path] = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  if (version !== 'v1.0' && version !== 'beta') return null
  return { method, url, version, path, headers, body }
}

/** `https://host/v1.0`, as clients see it. */
export function rootOf(request: GraphRequest): string {
  return `${request.url.origin}/${request.version}`
}

/** The query option, or null. */
export function optionOf(request: GraphRequest, name: string): string | null {
  return request.url.searchParams.get(name)
}

/** The names in `$select`, or null for those that come by themselves. */
export function selectOf(request: GraphRequest): readonly string[] | null {
  const names = (optionOf(request, '$select') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return names.length === 0 || names.includes('*') ? null : [...new Set(names)]
}
