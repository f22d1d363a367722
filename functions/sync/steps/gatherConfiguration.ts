/** Step 1 of a run that reads everything: where changes are read from later, Exchange's own configuration, and who answers for it. */
import { indexVersion } from '../../core/bookmarks.ts'
import { policyGroups } from '../../core/policyGroups.ts'
import type { ExchangeConfiguration } from '../../core/types.ts'
import type { Ports } from '../../ports.ts'
import { sawRelay } from '../sawRelay.ts'
import type { Step } from '../step.ts'

export const gatherConfiguration: Step = async (ports, run) => {
  const gatheredAt = ports.clock.now().toISOString()
  const found = (await ports.store.document(run.connectorId, 'bookmarks'))?.value
  const bookmarks = found?.index === indexVersion ? found : null
  const { exchange, relay } = await ports.exchange.converse(run.connectorId, async (conversation) => ({
    exchange: await conversation.configuration(),
    relay: conversation.relay,
  }))
  // Before anything of the directory is read: what changes while it is read is read again by the next quick sync
  const directory = await ports.directory.bookmark(policyGroups(run.policy))
  await sawRelay(ports, run.connectorId, relay, exchange, gatheredAt)
  await saveForReaders(ports, run.connectorId, exchange)
  const configuration = { ...exchange, deviceClasses: [] }
  return {
    next: 'gatherMailboxes',
    patch: { gatheredAt, configuration, directory, bookmarks, touched: [], attempts: {}, groupSizes: {} },
    counts: { 'found.servers': exchange.servers.length },
  }
}

/** The API shows the device classes; nothing is decided from this copy. */
async function saveForReaders(
  { store }: Pick<Ports, 'store'>,
  connectorId: string,
  found: ExchangeConfiguration,
): Promise<void> {
  const before = await store.document(connectorId, 'exchange')
  if (before && JSON.stringify(before.value) === JSON.stringify(found)) return
  await store.saveDocument(connectorId, 'exchange', found, before?.etag ?? null)
}
