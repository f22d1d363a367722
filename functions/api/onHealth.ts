/** GET /health: whether the app runs and is configured. Nobody signs in for it, so it says nothing else. */
import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions'
import { processWiring, type Wiring } from '../wiring.ts'

export async function onHealth(
  _request: HttpRequest,
  _context: InvocationContext,
  wiring: Wiring = processWiring(),
): Promise<HttpResponseInit> {
  const isConfigured = wiring.problems.length === 0
  const headers = { 'cache-control': 'no-store' }
  return { status: isConfigured ? 200 : 503, headers, jsonBody: { status: isConfigured ? 'ok' : 'notConfigured' } }
}
