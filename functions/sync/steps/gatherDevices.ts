/** Step 6: Intune devices, each beside the mailboxes of its user. */
import type { Run } from '../../core/run.ts'
import type { IntuneDevice } from '../../core/types.ts'
import type { Store } from '../../portsStore.ts'
import { allBound, isKept } from '../boundDevices.ts'
import { deadline } from '../deadline.ts'
import { allStaged, stageKey, withAttempt } from '../readStaged.ts'
import { stageWriter } from '../stageWriter.ts'
import type { Step } from '../step.ts'

export const gatherDevices: Step = async (ports, run, attempt) => {
  const mailboxesOf = await readMailboxesOfUsers(ports.store, run)
  const bound = await allBound(ports.store, run.connectorId)
  const writer = stageWriter(ports.store, stageKey(run, 'devices', attempt))
  const isOver = deadline(ports.clock)
  let cursor = run.cursor
  let found = 0
  do {
    const page = await ports.directory.intuneDevices(cursor)
    for (const device of page.items) {
      found++
      await stageDevice(device)
    }
    cursor = page.next
  } while (cursor !== null && !isOver())
  await writer.end()
  return {
    next: cursor === null ? 'takeLease' : 'gatherDevices',
    cursor,
    patch: withAttempt(run, 'devices', attempt),
    counts: { 'found.intuneDevices': found, 'inventory.intuneDevices': found },
  }

  async function stageDevice(device: IntuneDevice): Promise<void> {
    if (device.userId === null || !isKept(device, bound)) return
    for (const mailboxGuid of mailboxesOf.get(device.userId) ?? []) await writer.add(mailboxGuid, device.id, device)
  }
}

/** User id → mailboxes that some evidence ties to the user. */
async function readMailboxesOfUsers(store: Store, run: Run): Promise<ReadonlyMap<string, readonly string[]>> {
  const mailboxes = new Map<string, string[]>()
  for await (const { mailboxGuid, id } of allStaged(store, run, 'users')) {
    const known = mailboxes.get(id)
    if (known) known.push(mailboxGuid)
    else mailboxes.set(id, [mailboxGuid])
  }
  return mailboxes
}
