/** Azurite, the storage emulator, as a child process: tables and queues in memory, on free ports. */
import { createRequire } from 'node:module'
import { startChild, type Child, type ChildOptions } from './child.ts'

/** The account and key that every Azurite has, from Microsoft's documentation: no secret. */
export const azuriteAccount = 'devstoreaccount1'
export const azuriteKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export interface Azurite {
  readonly connectionString: string
  readonly child: Child
}

const script = createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js')
const options =
  '--inMemoryPersistence --silent --skipApiVersionCheck --disableTelemetry --blobPort 0 --queuePort 0 --tablePort 0'
/** Azurite outlives a parent that was killed; the end of standard input tells it. */
const endWithParent = 'data:text/javascript,process.stdin.on("end",()=>process.exit()).resume()'

export async function startAzurite(start: (options: ChildOptions) => Child = startChild): Promise<Azurite> {
  const addresses = new Map<string, string>()
  let found: () => void = () => undefined
  const listening = new Promise<void>((resolve) => (found = resolve))
  const child = start({
    name: 'azurite',
    script,
    args: options.split(' '),
    nodeOptions: ['--import', endWithParent],
    onLine: (line) => {
      const match = /(\w+) service is successfully listening at (\S+)/.exec(line)
      if (match?.[1] && match[2]) addresses.set(match[1], match[2])
      if (addresses.has('Table') && addresses.has('Queue')) found()
    },
  })
  await Promise.race([listening, child.ready])
  const at = (service: string) => `${addresses.get(service) ?? ''}/${azuriteAccount}`
  const account = `DefaultEndpointsProtocol=http;AccountName=${azuriteAccount};AccountKey=${azuriteKey}`
  return { child, connectionString: `${account};TableEndpoint=${at('Table')};QueueEndpoint=${at('Queue')};` }
}
