/** A real Azurite for tests: one child process with tables, queues and blobs, in memory, on free ports. It dies with the test process. */
import { fork } from 'node:child_process'
import { createRequire } from 'node:module'

export interface Azurite {
  /** For tables and queues, with the emulator's well-known key. */
  readonly connectionString: string
  readonly tableUrl: string
  readonly queueUrl: string
  readonly blobUrl: string
  close(): Promise<void>
}

/** The account and key that every Azurite has, from Microsoft's documentation: no secret. */
export const azuriteAccount = 'devstoreaccount1'
export const azuriteKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

const script = createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js')
const options = ['--inMemoryPersistence', '--silent', '--skipApiVersionCheck', '--disableTelemetry']
const freePorts = ['--blobPort', '0', '--queuePort', '0', '--tablePort', '0']
/** Azurite itself outlives a parent that was killed; the closed IPC channel tells it. */
const endWithParent = 'data:text/javascript,process.on("disconnect",()=>process.exit())'

export async function startAzurite(): Promise<Azurite> {
  const child = fork(script, [...options, ...freePorts], {
    execArgv: ['--import', endWithParent],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const output = await new Promise<string>((resolve, reject) => {
    let text = ''
    const read = (chunk: Buffer) => {
      text += chunk.toString()
      if (/Table service is successfully listening at \S+\s/.test(text)) resolve(text)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => reject(new Error(`Azurite ended with ${code} before it listened: ${text}`)))
  })
  const tableUrl = `${addressOf('Table', output)}/${azuriteAccount}`
  const queueUrl = `${addressOf('Queue', output)}/${azuriteAccount}`
  return {
    tableUrl,
    queueUrl,
    blobUrl: `${addressOf('Blob', output)}/${azuriteAccount}`,
    connectionString: connectionStringFor(tableUrl, queueUrl),
    async close() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Also for a proxy in front of an Azurite. */
export function connectionStringFor(tableUrl: string, queueUrl: string): string {
  const account = `DefaultEndpointsProtocol=http;AccountName=${azuriteAccount};AccountKey=${azuriteKey}`
  return `${account};TableEndpoint=${tableUrl};QueueEndpoint=${queueUrl};`
}

function addressOf(service: string, output: string): string {
  const address = new RegExp(`${service} service is successfully listening at (\\S+)`).exec(output)?.[1]
  if (address) return address
  throw new Error(`Azurite did not say where its ${service} service listens: ${output}`)
}
