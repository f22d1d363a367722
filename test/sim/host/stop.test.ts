/** How the host ends: in good order, with its parent, by an error nobody caught, or by kill -9. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAzurite, type Azurite } from './azurite.ts'
import { HostProcess, killHosts } from './hostProcess.ts'

let azurite: Azurite
beforeAll(async () => {
  azurite = await startAzurite()
})
afterAll(async () => {
  killHosts()
  await azurite.stop()
})

let hosts = 0
const start = (env: Record<string, string> = {}, args: string[] = []): Promise<HostProcess> =>
  HostProcess.start('stop.js', { Store: azurite.connection, QUEUE: `work-${(hosts += 1)}`, ...env }, [
    '--visibility-ms',
    '1000',
    '--retry-ms',
    '0',
    ...args,
  ])

const send = (queueName: string, text: string) =>
  azurite.queue(queueName).sendMessage(Buffer.from(text).toString('base64'))

describe.concurrent('the host', () => {
  test('kill -9 in the middle of a message loses nothing: the next host gets it', async () => {
    const first = await start({ HANG: 'yes', QUEUE: 'dies' })
    await send('dies', 'survives')
    await first.until((line) => line.message === 'attempt 1')
    first.kill('SIGKILL')
    expect(await first.exited).toBe('SIGKILL')

    const second = await start({ QUEUE: 'dies' })
    await second.until((line) => line.message === 'done')
    expect(second.logged('work')[0]).toBe('attempt 2')
    second.kill('SIGTERM')
    expect(await second.exited).toBe(0)
  })

  test('SIGTERM lets a running request end; then the port is free', async () => {
    const host = await start()
    const answer = host.get('/waits')
    await host.until((line) => line.message === 'started')
    host.kill('SIGTERM')
    expect(await (await answer).text()).toBe('finished')
    expect(await host.exited).toBe(0)
    await expect(host.get('/waits')).rejects.toThrow('fetch failed')
  })

  test('SIGTERM lets an answer that is on its way arrive whole', async () => {
    const host = await start()
    const answer = await host.get('/large')
    host.kill('SIGTERM')
    expect((await answer.text()).length).toBe(20_000_000)
    expect(await host.exited).toBe(0)
  })

  test('SIGTERM lets a running message end and be deleted', async () => {
    const host = await start({ QUEUE: 'ends' })
    await send('ends', 'until stop')
    await host.until((line) => line.message === 'attempt 1')
    host.kill('SIGTERM')
    expect(await host.exited).toBe(0)
    expect(host.logged('work')[1]).toBe('done')
    expect((await azurite.queue('ends').getProperties()).approximateMessagesCount).toBe(0)
  })

  test('SIGTERM lets a running timer end', async () => {
    const host = await start()
    await host.get('/admin/functions/byHand', { method: 'POST' })
    await host.until((line) => line.message === 'started')
    host.kill('SIGTERM')
    expect(await host.exited).toBe(0)
    expect(host.logged('byHand')[1]).toBe('done')
  })

  test('with --with-parent the host ends when its standard input does, without it not', async () => {
    const [withParent, without] = await Promise.all([start({}, ['--with-parent']), start()])
    withParent.endInput()
    without.endInput()
    expect(await withParent.exited).toBe(0)
    expect(await (await without.get('/admin/host/status')).json()).toEqual({ state: 'Running' })
    without.kill('SIGINT')
    expect(await without.exited).toBe(0)
  })

  test('a rejection that nobody handles is printed and ends the host with 1', async () => {
    const host = await start()
    await host.get('/rejects').catch(() => undefined)
    expect(await host.exited).toBe(1)
    expect(host.text()).toContain('unhandledRejection: Error: nobody waits for me')
  })
})
