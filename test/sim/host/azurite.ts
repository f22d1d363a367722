/** A real Azurite queue service in a child process, on a free port, in memory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { QueueServiceClient, type QueueClient } from '@azure/storage-queue'

export type Azurite = {
  connection: string
  queue(name: string): QueueClient
  service: QueueServiceClient
  stop(): Promise<void>
}

// Azurite's own, published for everybody.
const account = 'devstoreaccount1'
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

/** Starts Azurite on port 0; it says on standard output which port it got. */
export async function startAzurite(): Promise<Azurite> {
  const main = createRequire(import.meta.url).resolve('azurite/dist/src/queue/main.js')
  const options = [
    '--inMemoryPersistence',
    '--silent',
    '--skipApiVersionCheck',
    '--disableTelemetry',
    '--queuePort',
    '0',
  ]
  const child = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'close')
  const url = await listensOn(createInterface({ input: child.stdout }))
  const connection = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};QueueEndpoint=${url}/${account};`
  const service = QueueServiceClient.fromConnectionString(connection)
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  return { connection, service, queue: (name) => service.getQueueClient(name), stop }
}

async function listensOn(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const url = /successfully listens on (http:\S+)/.exec(line)?.[1]
    if (url !== undefined) return url
  }
  throw new Error('Azurite ended before it listened')
}
