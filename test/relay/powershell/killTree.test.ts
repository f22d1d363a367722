import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { killTree } from '../../../relay/powershell/killTree.ts'

test('on Windows taskkill ends the tree, by its full path', () => {
  const ran: string[] = []
  killTree(4711, 'win32', (file, args) => ran.push(file, ...args))
  expect(ran).toEqual([expect.stringMatching(/^C:\\Windows\\System32\\taskkill\.exe$/i), '/PID', '4711', '/T', '/F'])
})

test('elsewhere the process and its children get SIGKILL', async () => {
  const child = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line]: string[] = await once(child.stdout.setEncoding('utf8'), 'data')
  const exited = once(child, 'exit')
  killTree(child.pid ?? 0)
  expect(await exited).toEqual([null, 'SIGKILL'])
  const isThere = () => {
    try {
      return process.kill(Number(line), 0)
    } catch {
      return false
    }
  }
  while (isThere()) await new Promise((resolve) => setImmediate(resolve))
})

test('a process that is gone is no error', async () => {
  const child = spawn('true')
  await once(child, 'exit')
  expect(() => killTree(child.pid ?? 0)).not.toThrow()
})
