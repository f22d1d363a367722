/** The StepQueue port on Azure Queue Storage: messages in base64, as the Functions queue trigger expects them (host.json). */
import type { TokenCredential } from '@azure/core-auth'
import { QueueClient, type StoragePipelineOptions } from '@azure/storage-queue'
import { AppError } from '../errors.ts'
import type { StepMessage, StepQueue } from '../ports.ts'
import { toAppError } from './storageError.ts'

/** A connection string, or the queue endpoint with a managed identity. */
type QueueService = string | { readonly queueEndpoint: string; readonly credential: TokenCredential }

interface StepQueueOptions {
  readonly service: QueueService
  readonly queueName?: string
  /** First delay of the client's retries. */
  readonly retryDelayMs?: number
}

/** A message lives for seven days, hidden or not. */
const maxDelaySeconds = 6 * 24 * 60 * 60

/** Make one per process: it remembers that the queue exists. Throws AppError badConfiguration. */
export function stepQueue({ service, queueName = 'run-steps', retryDelayMs = 800 }: StepQueueOptions): StepQueue {
  const client = queueClient(service, queueName, { retryOptions: { maxTries: 5, retryDelayInMs: retryDelayMs } })
  let made: Promise<unknown> | null = null
  /** Creates the queue once; after any failure the next call tries again. */
  async function attempt<T>(doing: string, use: () => Promise<T>): Promise<T> {
    try {
      made ??= client.createIfNotExists()
      await made
      return await use()
    } catch (thrown) {
      made = null
      throw toAppError(`${doing} queue ${queueName}`, thrown)
    }
  }
  return {
    async send(message, delaySeconds = 0) {
      const visibilityTimeout = Math.min(Math.ceil(Math.max(delaySeconds, 0)), maxDelaySeconds)
      await attempt(`send a step of run ${message.runId} to`, () =>
        client.sendMessage(toBase64(message), { visibilityTimeout }),
      )
    },
    async messages() {
      return attempt('look at', async () => (await client.getProperties()).approximateMessagesCount ?? 0)
    },
  }
}

function queueClient(service: QueueService, name: string, options: StoragePipelineOptions): QueueClient {
  try {
    if (typeof service === 'string') return new QueueClient(service, name, options)
    const url = `${service.queueEndpoint.replace(/\/$/, '')}/${name}`
    return new QueueClient(url, service.credential, options)
  } catch (thrown) {
    const why = thrown instanceof TypeError ? 'it is not a URL' : thrown instanceof Error ? thrown.message : 'unknown'
    throw new AppError('badConfiguration', `the storage connection cannot be used for queues: ${why}`)
  }
}

function toBase64(message: StepMessage): string {
  const { connectorId, runId, position } = message
  return Buffer.from(JSON.stringify({ connectorId, runId, position })).toString('base64')
}
