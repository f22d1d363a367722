/** The storage queues this host talks to: one client per queue, made with the queue itself where it is missing. */
import type { QueueClient } from '@azure/storage-queue'
import { HostError } from './hostError.ts'
import { messageOf } from './log.ts'
import type { InvocationResponse } from './rpc.ts'
import type { LocalFunction, QueueTarget } from './localFunction.ts'
import { encodeMessage, toMessages, type Encoding } from './queueMessage.ts'

/** Gives the client of an existing queue. */
export type OpenQueue = (target: QueueTarget) => Promise<QueueClient>

// The SDK would try for minutes; a local host should say soon that its storage is not there.
const retryOptions = { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 1000 }

/** An OpenQueue that makes missing queues, asks once per queue and answers from memory later. */
export function queueOpener(): OpenQueue {
  const opened = new Map<string, Promise<QueueClient>>()
  return async (target) => {
    const key = `${target.queueName} ${target.connection}`
    const known = opened.get(key)
    if (known) return known
    const opening = open(target)
    opened.set(key, opening)
    // A failure is not remembered: storage may come up later.
    opening.catch(() => opened.delete(key))
    return opening
  }
}

async function open({ queueName, connection }: QueueTarget): Promise<QueueClient> {
  const client = await clientFor(queueName, connection)
  try {
    await client.createIfNotExists()
    return client
  } catch (thrown) {
    const place = new URL(client.url).origin
    throw new HostError(`the queue ${queueName} at ${place} cannot be opened: ${messageOf(thrown)}`)
  }
}

async function clientFor(queueName: string, connection: string): Promise<QueueClient> {
  // Loaded when needed: it is half of the host's start-up time, and apps without queues do without.
  const { QueueServiceClient } = await import('@azure/storage-queue')
  try {
    return QueueServiceClient.fromConnectionString(connection, { retryOptions }).getQueueClient(queueName)
  } catch {
    // Without the cause: its message could hold parts of the string.
    throw new HostError(`the connection of the queue ${queueName} is not a storage connection string`)
  }
}

/** Sends what a function gave its queue outputs, in the order of the bindings; rejects when one cannot be sent. */
export async function sendOutputs(
  openQueue: OpenQueue,
  encoding: Encoding,
  fn: LocalFunction,
  response: InvocationResponse,
): Promise<void> {
  for (const [name, target] of fn.outputs) {
    const data =
      name === '$return' ? response.returnValue : response.outputData?.find((output) => output.name === name)?.data
    const texts = toMessages(data)
    if (texts.length === 0) continue
    const queue = await openQueue(target)
    for (const text of texts) await queue.sendMessage(encodeMessage(text, encoding))
  }
}
