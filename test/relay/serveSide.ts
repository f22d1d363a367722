/** Conversations of a relay on a side towards Exchange that a test has started: real sockets on loopback, real signatures. */
import { onTestFinished } from 'vitest'
import { BatchLedger } from '../../relay/batchLedger.ts'
import type { ExchangeSide } from '../../relay/exchangeSide.ts'
import { relayInfoOf } from '../../relay/relayInfo.ts'
import { RetiredState } from '../../relay/retired.ts'
import type { Cloud } from './cloud.ts'
import { serveConversations } from './conversationServer.ts'
import type { TestSide } from './startExchangeSide.ts'

export interface Serving {
  readonly side: ExchangeSide
  readonly connect: () => Cloud
}

/** Ends with the test, before the side does. */
export async function serveSide({ side, stateDir, log }: TestSide): Promise<Serving> {
  const { connect, stop } = await serveConversations({
    runner: side.runner,
    ledger: new BatchLedger(side.runner, Date.now),
    relayInfo: () => relayInfoOf(side.host, { version: '0.0.0', parallel: 3, sendsMail: false, replace: false }),
    retired: new RetiredState(stateDir, log),
    log,
  })
  onTestFinished(stop)
  return { side, connect }
}
