/** Keeps a received message invisible to other hosts for as long as it is being worked on. */
import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue'
import { messageOf, type WriteLog } from './log.ts'

export type Hold = {
  /** Stops renewing, waits for a renewal under way and answers the pop receipt that is now good. May be called again. */
  end(): Promise<string>
}

/** Renews at each third of the visibility time, so that two renewals in a row may fail before the message shows again. */
export function holdMessage(
  queue: QueueClient,
  message: DequeuedMessageItem,
  visibilityMs: number,
  log: WriteLog,
): Hold {
  let popReceipt = message.popReceipt
  let renewal: Promise<void> = Promise.resolve()
  const renew = async (): Promise<void> => {
    try {
      const renewed = await queue.updateMessage(
        message.messageId,
        popReceipt,
        undefined,
        Math.max(1, Math.ceil(visibilityMs / 1000)),
      )
      popReceipt = renewed.popReceipt ?? popReceipt
    } catch (thrown) {
      log('warning', `message ${message.messageId} of ${queue.name} could not be kept invisible: ${messageOf(thrown)}`)
    }
  }
  const timer = setInterval(() => {
    renewal = renewal.then(renew)
  }, visibilityMs / 3)
  return {
    end: async () => {
      clearInterval(timer)
      await renewal
      return popReceipt
    },
  }
}
