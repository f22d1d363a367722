/** Runs a real CONNECT proxy, tinyproxy from Debian, on loopback; test/debianPackages.mjs brings it where it can. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { newFolder } from '../startRelay.ts'

const program = 'tinyproxy'
export const hasTinyproxy = spawnSync(program, ['-v']).status === 0

export interface Tinyproxy {
  readonly port: number
  readonly address: string
  /** What it wrote, a line for each connection. */
  readonly log: () => string
  /** As a machine that loses its power: nothing is closed in an orderly way. */
  readonly kill: () => Promise<void>
}

export interface TinyproxyOptions {
  /** Letters and digits only: tinyproxy's configuration takes no others. */
  readonly account?: { readonly user: string; readonly password: string }
  readonly port?: number
}

export async function startTinyproxy({ account, port: wanted }: TinyproxyOptions = {}): Promise<Tinyproxy> {
  const port = wanted ?? (await freePort())
  const file = path.join(newFolder(), 'tinyproxy.conf')
  const lines = [`Port ${port}`, 'Listen 127.0.0.1', 'Allow 127.0.0.1', 'Timeout 600', 'MaxClients 50', 'LogLevel Info']
  if (account) lines.push(`BasicAuth ${account.user} ${account.password}`)
  writeFileSync(file, `${lines.join('\n')}\n`)
  const child = spawn(program, ['-d', '-c', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
  while (!said.includes('Accepting connections')) {
    const ended = await Promise.race([once(child.stdout, 'data'), exited.then(() => 'ended')])
    if (ended === 'ended') throw new Error(`tinyproxy ended: ${said}`)
  }
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  return { port, address: `http://127.0.0.1:${port}`, log: () => said, kill }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
