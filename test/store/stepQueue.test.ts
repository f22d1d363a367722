/** The queue of steps on a real Azurite: what the Functions trigger will find. */
import { QueueClient } from '@azure/storage-queue'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stepQueue } from '../../functions/store/stepQueue.ts'
import { azuriteKey, connectionStringFor, startAzurite, type Azurite } from '../azurite.ts'

let azurite: Azurite
beforeAll(async () => {
  azurite = await startAzurite()
})
afterAll(() => azurite.close())

const message = { connectorId: 'c-ä', runId: 'r', position: 3 }

function clientOf(queueName: string): QueueClient {
  return new QueueClient(azurite.connectionString, queueName)
}

async function texts(client: QueueClient): Promise<string[]> {
  const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 })
  return receivedMessageItems.map((item) => item.messageText)
}

describe('stepQueue', () => {
  test('makes the queue run-steps and sends JSON in base64, visible at once', async () => {
    const queue = stepQueue({ service: azurite.connectionString })
    await queue.send(message)
    const [text = ''] = await texts(clientOf('run-steps'))
    expect(JSON.parse(Buffer.from(text, 'base64').toString())).toEqual(message)
  })

  test('keeps a delayed message out of sight', async () => {
    const client = clientOf('delayed')
    const queue = stepQueue({ service: azurite.connectionString, queueName: 'delayed' })
    await queue.send(message, 29.5)
    await queue.send(message, 10 ** 9)
    expect((await client.getProperties()).approximateMessagesCount).toBe(2)
    expect(await texts(client)).toEqual([])
  })

  test('says about how many messages there are, hidden ones too, of a queue that it makes', async () => {
    const queue = stepQueue({ service: azurite.connectionString, queueName: 'counted' })
    expect(await queue.messages()).toBe(0)
    await queue.send(message)
    await queue.send(message, 60)
    expect(await queue.messages()).toBe(2)
  })

  test('sends nothing but what the port names', async () => {
    const queue = stepQueue({ service: azurite.connectionString, queueName: 'narrow' })
    const wider = { ...message, id: 'would replace the id of the queue message' }
    await queue.send(wider)
    const [text = ''] = await texts(clientOf('narrow'))
    expect(JSON.parse(Buffer.from(text, 'base64').toString())).toEqual(message)
  })

  test('finds the queue again when it was deleted', async () => {
    const queue = stepQueue({ service: azurite.connectionString, queueName: 'gone', retryDelayMs: 1 })
    await queue.send(message)
    await clientOf('gone').delete()
    await expect(queue.send(message)).rejects.toMatchObject({ code: 'storeFailed', retryable: true })
    await queue.send(message)
    expect(await texts(clientOf('gone'))).toHaveLength(1)
  })

  test('a service that is not there is an error to retry that names the run', async () => {
    const service = connectionStringFor(azurite.tableUrl, 'http://127.0.0.1:9/devstoreaccount1')
    await expect(stepQueue({ service, retryDelayMs: 1 }).send(message)).rejects.toMatchObject({
      code: 'storeFailed',
      retryable: true,
      message: 'cannot send a step of run r to queue run-steps: no answer, ECONNREFUSED',
    })
  })

  test('a connection that cannot be used is refused without being quoted', () => {
    const service = `AccountKey=${azuriteKey}`
    let thrown: unknown
    try {
      stepQueue({ service })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'badConfiguration' })
    expect(inspect(thrown)).not.toContain(azuriteKey)
  })
})
