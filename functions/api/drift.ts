/** easgate/connectors/{id}/drift: what others changed of the configuration that easgate had set, newest first. */
import { noDrift } from '../core/drift.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'

/** Throws AppError notFound. */
export async function listDrift(call: Call): Promise<Answer> {
  const found = await call.ports.store.document(connectorInPath(call), 'drift')
  const { entries } = found?.value ?? noDrift
  return { status: 200, body: { value: entries.toReversed() } }
}
