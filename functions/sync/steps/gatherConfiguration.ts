/** Step 1: Exchange's own configuration, and who answers for it. */
import { changeConnector } from '../connector.ts'
import type { Step } from '../step.ts'

export const gatherConfiguration: Step = async (ports, run) => {
  const gatheredAt = ports.clock.now().toISOString()
  const { found, relay } = await ports.exchange.converse(run.connectorId, async (conversation) => ({
    found: await conversation.configuration(),
    relay: conversation.relay,
  }))
  const seen = {
    host: relay.host,
    version: relay.version,
    server: relay.server,
    serverSince: relay.serverSince,
    serverReason: relay.serverReason,
    organization: relay.organization ?? found.organization,
    seenAt: gatheredAt,
  }
  await changeConnector(ports, run.connectorId, (state) => ({ ...state, relay: seen }))
  await saveForReaders(ports, run.connectorId, found)
  const configuration = { ...found, deviceClasses: [] }
  return {
    next: 'gatherMailboxes',
    patch: { gatheredAt, configuration },
    counts: { relayConversations: 1, 'found.servers': found.servers.length },
  }
}

/** The API shows the device classes; nothing is decided from this copy. */
async function saveForReaders(
  ports: Parameters<Step>[0],
  connectorId: string,
  found: Parameters<typeof ports.store.saveDocument<'exchange'>>[2],
): Promise<void> {
  const before = await ports.store.document(connectorId, 'exchange')
  if (before && JSON.stringify(before.value) === JSON.stringify(found)) return
  await ports.store.saveDocument(connectorId, 'exchange', found, before?.etag ?? null)
}
