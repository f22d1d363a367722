/** A person's change between its two audit rows: `asked` before it, so that none is missing, then how it ended. */
import type { AuditEntry } from '../core/audit.ts'
import { asAppError } from '../errors.ts'
import type { Call } from './call.ts'

export type PersonsChange = Pick<AuditEntry, 'action' | 'subject' | 'before' | 'after'>

/** Throws what `act` throws. A row that only says `asked` means: it is not known whether the change was made. */
export async function audited<T>(
  { ports, caller }: Call,
  connectorId: string,
  change: PersonsChange,
  act: () => Promise<T>,
): Promise<T> {
  const append = (outcome: string) => {
    const at = ports.clock.now().toISOString()
    return ports.store.appendAudit(connectorId, [{ ...change, at, actor: caller.id, runId: null, outcome }])
  }
  await append('asked')
  let result: T
  try {
    result = await act()
  } catch (thrown) {
    await append(`failed: ${asAppError(thrown).code}`)
    throw thrown
  }
  await append('done')
  return result
}
