/** Conversations of a relay without a rendezvous: they come from a WebSocket server on loopback. */
import { once } from 'node:events'
import { expect } from 'vitest'
import { WebSocketServer } from 'ws'
import { keyRing, newKeyPair, signerFrom } from '../../protocol/signing.ts'
import { Conversations, type ConversationsOptions } from '../../relay/conversations.ts'
import { sessionTimes } from '../../relay/sessionContext.ts'
import { Cloud, cloudPair, connectorId } from './cloud.ts'

export interface ConversationServer {
  readonly conversations: Conversations
  readonly connect: () => Cloud
  /** Fails the test when a cloud side saw anything that the protocol does not allow. */
  readonly stop: () => void
}

type Given = Pick<ConversationsOptions, 'runner' | 'ledger' | 'relayInfo' | 'retired' | 'log'> &
  Partial<ConversationsOptions>

export async function serveConversations(given: Given): Promise<ConversationServer> {
  const conversations = new Conversations({
    connectorId,
    signer: signerFrom(newKeyPair().privateKey),
    cloudKeys: keyRing([cloudPair.publicKey]),
    allowed: { wipe: false, removePartnership: false, mail: false },
    maxConversations: 4,
    now: Date.now,
    times: sessionTimes,
    ...given,
  })
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 16 * 1024 * 1024 })
  server.on('connection', (socket) => conversations.open(socket))
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const clouds: Cloud[] = []
  return {
    conversations,
    connect() {
      const cloud = new Cloud(`ws://127.0.0.1:${port}`)
      clouds.push(cloud)
      return cloud
    },
    stop() {
      for (const { socket } of clouds) socket.terminate()
      server.close()
      expect(clouds.flatMap(({ problems }) => problems)).toEqual([])
    },
  }
}
