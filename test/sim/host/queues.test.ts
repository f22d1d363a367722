/** Queue functions against a real Azurite. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAzurite, type Azurite } from './azurite.ts'
import { HostProcess, killHosts, type HostLine } from './hostProcess.ts'

let azurite: Azurite
let host: HostProcess
beforeAll(async () => {
  azurite = await startAzurite()
  const settings = { Store: azurite.connection, ECHOED: 'echoed' }
  host = await HostProcess.start('queues.js', settings, ['--retry-ms', '0', '--visibility-ms', '1000'])
})
afterAll(async () => {
  killHosts()
  await azurite.stop()
})

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** Texts now in a queue, taken out, decoded. */
async function take(queueName: string): Promise<string[]> {
  const { receivedMessageItems } = await azurite.queue(queueName).receiveMessages({ numberOfMessages: 32 })
  return receivedMessageItems.map((item) => Buffer.from(item.messageText, 'base64').toString())
}

async function isEmpty(queueName: string): Promise<boolean> {
  return (await azurite.queue(queueName).getProperties()).approximateMessagesCount === 0
}

/** Fits the line that says a message of this function is done with: `was deleted` or `was moved to …`. */
const settled =
  (functionName: string, how = 'was deleted') =>
  (line: HostLine): boolean =>
    line.functionName === functionName && line.message.endsWith(how)

/** The attempts a function logged, in order. */
const attempts = (functionName: string): string[] =>
  host.logged(functionName).filter((message) => message.startsWith('attempt'))

describe.concurrent('a queue function', () => {
  test('gets the message as JSON with its metadata, and its outputs are sent in base64', async () => {
    await azurite.queue('echo').sendMessage(base64('{"a":"ü","ID":"mine"}'))
    await host.until(settled('echo'))
    const logged: unknown = JSON.parse(host.logged('echo').find((message) => message.startsWith('{')) ?? '')
    expect(logged).toEqual({
      message: { a: 'ü', ID: 'mine' },
      metadata: {
        queueTrigger: { a: 'ü', iD: 'mine' },
        iD: 'mine',
        a: 'ü',
        dequeueCount: 1,
        popReceipt: expect.any(String),
        insertionTime: expect.stringMatching(/Z$/),
        expirationTime: expect.stringMatching(/Z$/),
        nextVisibleTime: expect.stringMatching(/Z$/),
      },
    })
    expect(await take('echoed')).toEqual(['{"echoed":{"a":"ü","ID":"mine"}}'])
    expect(await take('many')).toEqual(['one', '{"two":2}'])
    expect(await isEmpty('echo')).toBe(true)
  })

  test('that fails five times loses its message to the poison queue, text unchanged', async () => {
    await azurite.queue('always-fails').sendMessage(base64('{"n":1}'))
    const moved = await host.until(settled('always-fails', 'was moved to always-fails-poison'))
    expect(moved.message).toContain('received 5 of 5 times')
    expect(await isEmpty('always-fails')).toBe(true)
    expect(attempts('always-fails')).toEqual([1, 2, 3, 4, 5].map((attempt) => `attempt ${attempt}`))
    expect(await take('always-fails-poison')).toEqual(['{"n":1}'])
  })

  test('that fails and then succeeds is not run again', async () => {
    await azurite.queue('fails-twice').sendMessage(base64('x'))
    await host.until(settled('fails-twice'))
    expect(await isEmpty('fails-twice')).toBe(true)
    expect(attempts('fails-twice').length).toBe(3)
    expect(await isEmpty('fails-twice-poison')).toBe(true)
  })

  test('that takes longer than the visibility time has its message renewed and runs once', async () => {
    await azurite.queue('longer-than-visibility').sendMessage(base64('x'))
    await host.until(settled('longer-than-visibility'))
    expect(await isEmpty('longer-than-visibility')).toBe(true)
    expect(host.logged('longer-than-visibility').slice(0, 2)).toEqual(['attempt 1', 'ended'])
    expect(attempts('longer-than-visibility')).toEqual(['attempt 1'])
  })

  test('does not see a message that is not base64: it moves to the poison queue at once, as it is', async () => {
    await azurite.queue('unreadable').sendMessage('{"not":"base64"}')
    await host.until(settled('unreadable', 'was moved to unreadable-poison'))
    const { peekedMessageItems } = await azurite.queue('unreadable-poison').peekMessages()
    expect(peekedMessageItems.map((item) => item.messageText)).toEqual(['{"not":"base64"}'])
    expect(host.logged('unreadable').filter((message) => message.includes('not base64')).length).toBe(1)
  })

  test('on a poison queue gets a failed message again when its visibility ends, and there is no second poison queue', async () => {
    await azurite.queue('dead-poison').sendMessage(base64('x'))
    await host.until(settled('dead-poison'))
    expect(attempts('dead-poison')).toEqual(['attempt 1', 'attempt 2'])
    const names: string[] = []
    for await (const queue of azurite.service.listQueues()) names.push(queue.name)
    expect(names).toContain('always-fails-poison')
    expect(names).not.toContain('dead-poison-poison')
  })
})

test('a chain of steps over two queues does not wait for a polling interval, however long it is', async () => {
  const chain = await HostProcess.start('chain.js', { Store: azurite.connection }, ['--queue-poll-ms', '60000'])
  await chain.get('/admin/functions/there', { method: 'POST', body: '{"input":"1"}' })
  await chain.until((line) => line.message === 'step 20')
})
