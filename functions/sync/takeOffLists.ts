/** Takes an id off both lists of a mailbox, whoever put it there: a person removed the phone. */
import { deviceKey, findEntry } from '../core/deviceKey.ts'
import { partitionOf } from '../core/partition.ts'
import type { List } from '../core/types.ts'
import { AppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { decideAgain } from './changes/decideAgain.ts'
import { entryRow } from './entryRow.ts'

const lists: readonly List[] = ['allowed', 'blocked']

/** The lists it was taken off; easgate's own record follows. May be repeated. Throws AppError exchangeFailed, and what ends a conversation. */
export async function takeOffLists(
  ports: Ports,
  { connectorId, by }: { readonly connectorId: string; readonly by: string },
  mailboxGuid: string,
  deviceId: string,
): Promise<readonly List[]> {
  const batchId = ports.newId()
  const gone = await ports.exchange.converse(connectorId, async (conversation) => {
    const now = (await conversation.lists([mailboxGuid])).get(mailboxGuid)
    const entries = { allowed: now?.allowed ?? [], blocked: now?.blocked ?? [] }
    const remove = (list: List) => {
      const entry = findEntry(entries[list], deviceKey(deviceId))
      return entry === undefined ? [] : [entry]
    }
    const [removeAllowed, removeBlocked] = [remove('allowed'), remove('blocked')]
    const found = lists.filter((list) => (list === 'allowed' ? removeAllowed : removeBlocked).length > 0)
    if (found.length === 0) return found
    const command = {
      id: '1',
      kind: 'lists',
      mailboxGuid,
      addAllowed: [],
      removeAllowed,
      addBlocked: [],
      removeBlocked,
    } as const
    const audit = (outcome: string) => append(ports, connectorId, by, mailboxGuid, command, outcome)
    await audit('sent')
    for await (const { failure } of conversation.change(batchId, [command])) {
      await audit(failure ? `failed: ${failure.category}: ${failure.message}` : 'done')
      if (failure)
        throw new AppError('exchangeFailed', `the id stays on a list: ${failure.message}; ask again`, {
          retryable: true,
        })
    }
    return found
  })
  const since = ports.clock.now().toISOString()
  const rows = gone.map((list) => entryRow(mailboxGuid, { deviceId, list, isRemoved: true, runId: batchId, since }))
  if (rows.length > 0) await ports.store.writeRows(connectorId, partitionOf(mailboxGuid), rows, [])
  await decideAgain(ports, connectorId, [mailboxGuid])
  return gone
}

async function append(
  { store, clock }: Ports,
  connectorId: string,
  actor: string,
  subject: string,
  after: object,
  outcome: string,
): Promise<void> {
  const at = clock.now().toISOString()
  const action = outcome === 'sent' ? 'commandSent' : 'commandEnded'
  await store.appendAudit(connectorId, [{ at, actor, action, runId: null, subject, before: null, after, outcome }])
}
