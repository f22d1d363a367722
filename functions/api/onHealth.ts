/**
 * GET /health: whether the app can work. Nobody signs in for it, so in Azure it says nothing else: the platform lets it through without looking at
 * who calls, and what a caller says of himself is not to be believed there. easgate/health has the parts.
 */
import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions'
import { asAppError } from '../errors.ts'
import { processWiring, type Wiring } from '../wiring.ts'
import { identify, mayCall } from './caller.ts'
import { healthParts, worstOf } from './healthParts.ts'

/*
 * settings | tables, queue | Graph, relays | answer
 * wrong    | -             | -             | 503 notConfigured
 * good     | one failed    | -             | 503 failed
 * good     | ok            | one is not ok | 200 degraded: restarting it would mend nothing
 * good     | ok            | ok            | 200 ok
 */
export async function onHealth(
  request: HttpRequest,
  context: InvocationContext,
  wiring: Wiring = processWiring(),
): Promise<HttpResponseInit> {
  const headers = { 'cache-control': 'no-store' }
  if (wiring.problems.length > 0) return { status: 503, headers, jsonBody: { status: 'notConfigured' } }
  try {
    const parts = await healthParts(await wiring.ports(context), wiring.connectors)
    const status = worstOf(parts)
    const jsonBody = { status, ...(maySeeParts(request, wiring) ? { parts } : {}) }
    return { status: status === 'failed' ? 503 : 200, headers, jsonBody }
  } catch (thrown) {
    const { code, message } = asAppError(thrown)
    wiring.log(context).error('healthFailed', { code, message })
    return { status: 503, headers, jsonBody: { status: 'failed' } }
  }
}

/** On a developer's machine; see above. */
function maySeeParts(request: HttpRequest, { hosting }: Wiring): boolean {
  const caller = hosting.isAzure ? 'nobody' : identify(request, hosting)
  return typeof caller !== 'string' && mayCall(caller, 'Reader')
}
