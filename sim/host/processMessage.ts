/** One received queue message on its way: the function runs, then the message is deleted, put back or moved to the poison queue. */
import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue'
import { holdMessage } from './holdMessage.ts'
import type { QueueSettings } from './hostJson.ts'
import type { Invocations } from './invocations.ts'
import type { LocalFunction } from './localFunction.ts'
import { messageOf, type WriteLog } from './log.ts'
import { decodeMessage, toTriggerMetadata } from './queueMessage.ts'

export type MessageWork = {
  fn: LocalFunction
  queue: QueueClient
  /** Undefined for a function that itself listens to a `-poison` queue: as in Azure there is no poison queue of a poison queue. */
  poison: QueueClient | undefined
  settings: QueueSettings
  /** How long a received message stays hidden from other hosts; renewed while the function runs. */
  visibilityMs: number
  invocations: Invocations
  log: WriteLog
}

type Verdict = 'done' | 'retry' | 'poison' | 'leave'

/** Never rejects: what cannot be settled is logged, and the message shows again when its visibility time is over. */
export async function processMessage(work: MessageWork, message: DequeuedMessageItem): Promise<void> {
  const hold = holdMessage(work.queue, message, work.visibilityMs, work.log)
  const verdict = await judge(work, message)
  const popReceipt = await hold.end()
  await guarded(work, message, () => settle(work, verdict, message, popReceipt))
}

/** Gives a message back unprocessed, to be seen again at once. Never rejects. */
export async function releaseMessage(work: MessageWork, message: DequeuedMessageItem): Promise<void> {
  await guarded(work, message, () => putBack(work.queue, message, message.popReceipt, 0))
}

/** Storage counts visibility in whole seconds, and a received message is hidden for at least one. */
export function visibilitySeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}

/*
 * As the storage extension of Azure does:
 *   received more often than maxDequeueCount (hosts died with it)   poison, not run again
 *   text is not in the encoding of host.json                        poison at once: no retry would help
 *   the function succeeded                                          done
 *   it failed, received fewer times than maxDequeueCount            retry after visibilityTimeout of host.json
 *   it failed at maxDequeueCount                                    poison
 *   retry or poison, but the queue is itself a poison queue         leave: hidden until its visibility time is over
 */
async function judge(work: MessageWork, message: DequeuedMessageItem): Promise<Verdict> {
  const { fn, settings, invocations, log } = work
  const failure = work.poison ? undefined : 'leave'
  if (message.dequeueCount > settings.maxDequeueCount) return failure ?? 'poison'
  const text = decodeMessage(message.messageText, settings.messageEncoding)
  if (text === undefined) {
    const remedy = 'host.json (extensions.queues.messageEncoding) says base64; whoever sends must encode it'
    log('error', `message ${message.messageId} is not base64, but ${remedy}`, { functionName: fn.name })
    return failure ?? 'poison'
  }
  const outcome = await invocations.run(fn, { string: text }, toTriggerMetadata(message, text))
  if (outcome.ok) return 'done'
  return failure ?? (message.dequeueCount >= settings.maxDequeueCount ? 'poison' : 'retry')
}

async function settle(
  work: MessageWork,
  verdict: Verdict,
  message: DequeuedMessageItem,
  popReceipt: string,
): Promise<void> {
  const { queue, poison, settings, log } = work
  const source = { functionName: work.fn.name }
  const received = `message ${message.messageId}, received ${message.dequeueCount} of ${settings.maxDequeueCount} times,`
  if (verdict === 'leave') {
    log('error', `${received} stays in ${queue.name} and comes again`, source)
    return
  }
  if (verdict === 'retry') {
    await putBack(queue, message, popReceipt, settings.retryDelayMs)
    log('warning', `${received} comes again in ${settings.retryDelayMs} ms`, source)
    return
  }
  if (verdict === 'poison') await poison?.sendMessage(message.messageText)
  await queue.deleteMessage(message.messageId, popReceipt)
  if (verdict === 'poison') log('error', `${received} was moved to ${poison?.name}`, source)
  else log('debug', `${received} was deleted`, source)
}

async function putBack(
  queue: QueueClient,
  message: DequeuedMessageItem,
  popReceipt: string,
  delayMs: number,
): Promise<void> {
  await queue.updateMessage(message.messageId, popReceipt, undefined, Math.ceil(delayMs / 1000))
}

async function guarded(work: MessageWork, message: DequeuedMessageItem, action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (thrown) {
    const text = `message ${message.messageId} could not be settled and may come again: ${messageOf(thrown)}`
    work.log('warning', text, { functionName: work.fn.name })
  }
}
