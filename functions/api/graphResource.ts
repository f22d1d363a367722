/** Graph's envelope around a resource or a collection. Pure. */
import type { HttpRequest } from '@azure/functions'

/** One object, with the context that Graph clients read its type from. `set` as in `deviceManagement/exchangeConnectors`. */
export function entity(request: HttpRequest, set: string, properties: object) {
  return { '@odata.context': `${metadata(request)}#${set}/$entity`, ...properties }
}

export function collection(request: HttpRequest, set: string, value: readonly object[]) {
  return { '@odata.context': `${metadata(request)}#${set}`, value }
}

function metadata({ url, params }: HttpRequest): string {
  return `${new URL(url).origin}/${params['version'] ?? 'v1.0'}/$metadata`
}

/** What Graph gives where a date that cannot be null was never set. */
export const unsetDate = '0001-01-01T00:00:00Z'
