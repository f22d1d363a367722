import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { CallPipe } from '../../../relay/powershell/callPipe.ts'

const open: { close(): void }[] = []
afterEach(() => {
  for (const each of open.splice(0)) each.close()
})

function newPipe(): CallPipe {
  const pipe = new CallPipe()
  open.push(pipe)
  return pipe
}

async function listen(pipe: CallPipe): Promise<Socket> {
  const socket = connect(process.platform === 'win32' ? `\\\\.\\pipe\\${pipe.name}` : pipe.name)
  open.push({ close: () => socket.destroy() })
  await once(socket, 'connect')
  return socket
}

/** The next bytes, as numbers. */
async function heard(socket: Socket): Promise<number[]> {
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  return [...bytes]
}

/** Calls until the other side is there: it has connected before this side knows. */
async function callUntilHeard(pipe: CallPipe, socket: Socket, step: number): Promise<number[]> {
  const timer = setInterval(() => pipe.call(step), 5)
  try {
    return await heard(socket)
  } finally {
    clearInterval(timer)
  }
}

test('who listens hears the number of the step that is called', async () => {
  const pipe = newPipe()
  expect(await callUntilHeard(pipe, await listen(pipe), 250)).toContain(250)
})

test('one that only listens, and says so, is called all the same', async () => {
  const pipe = newPipe()
  const socket = await listen(pipe)
  socket.end()
  await once(socket, 'finish')
  expect(await callUntilHeard(pipe, socket, 7)).toContain(7)
})

test('the first that comes is the only one', async () => {
  const pipe = newPipe()
  await callUntilHeard(pipe, await listen(pipe), 1)
  await expect(listen(pipe)).rejects.toThrow(/ENOENT|ECONNREFUSED/)
})

test('nobody has to listen, and a pipe that is closed calls nobody', async () => {
  const pipe = newPipe()
  expect(() => pipe.call(1)).not.toThrow()
  const socket = await listen(pipe)
  await callUntilHeard(pipe, socket, 1)
  pipe.close()
  await once(socket, 'close')
  expect(() => pipe.call(2)).not.toThrow()
  const other = newPipe()
  other.close()
  await expect(listen(other)).rejects.toThrow(/ENOENT|ECONNREFUSED/)
})
