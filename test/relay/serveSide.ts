/** Conversations of a relay on a side towards Exchange that a test has started: real sockets on loopback, real signatures. */
import { once } from 'node:events'
import { expect, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { keyRing, newKeyPair, signerFrom } from '../../protocol/signing.ts'
import { BatchLedger } from '../../relay/batchLedger.ts'
import { Conversations } from '../../relay/conversations.ts'
import type { ExchangeSide } from '../../relay/exchangeSide.ts'
import { relayInfoOf } from '../../relay/relayInfo.ts'
import { RetiredState } from '../../relay/retired.ts'
import { sessionTimes } from '../../relay/sessionContext.ts'
import { Cloud, cloudPair, connectorId } from './cloud.ts'
import type { TestSide } from './startExchangeSide.ts'

export interface Serving {
  readonly side: ExchangeSide
  readonly connect: () => Cloud
}

/** Ends with the test, before the side does. */
export async function serveSide({ side, stateDir, log }: TestSide): Promise<Serving> {
  const conversations = new Conversations({
    connectorId,
    signer: signerFrom(newKeyPair().privateKey),
    cloudKeys: keyRing([cloudPair.publicKey]),
    allowed: { wipe: false, removePartnership: false, mail: false },
    runner: side.runner,
    ledger: new BatchLedger(side.runner, Date.now),
    relayInfo: () => relayInfoOf(side.host, { version: '0.0.0', parallel: 3, sendsMail: false, replace: false }),
    maxConversations: 4,
    retired: new RetiredState(stateDir, log),
    log,
    now: Date.now,
    times: sessionTimes,
  })
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 16 * 1024 * 1024 })
  server.on('connection', (socket) => conversations.open(socket))
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const clouds: Cloud[] = []
  onTestFinished(() => {
    for (const { socket } of clouds) socket.terminate()
    server.close()
    expect(clouds.flatMap(({ problems }) => problems)).toEqual([])
  })
  const connect = () => {
    const cloud = new Cloud(`ws://127.0.0.1:${port}`)
    clouds.push(cloud)
    return cloud
  }
  return { side, connect }
}
