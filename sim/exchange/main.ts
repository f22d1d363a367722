/** The simulated Exchange as a process: reads a world, listens on loopback, says on which port. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { createExchangeServer } from './server.ts'
import { createSimulation } from './simulation.ts'
import { parseWorld } from './world.ts'

interface Options {
  readonly port: string
  readonly world: string
  readonly printJson?: true
  readonly withParent?: true
  readonly latencyMs: string
}

const options = new Command('sim-exchange')
  .description('A simulated Exchange organization for tests and for running easgate on one machine.')
  .requiredOption('--world <file>', 'a scenario, or its world.exchange alone')
  .option('--port <number>', 'port on 127.0.0.1; 0 takes a free one', '0')
  .option('--print-json', 'print {"port":…} on one line when listening')
  .option('--with-parent', 'end when standard input ends')
  .option('--latency-ms <number>', 'how long every cmdlet takes', '0')
  .parse()
  .opts<Options>()

await run(options)

async function run({ port, world, printJson, withParent, latencyMs }: Options): Promise<void> {
  const simulation = createSimulation(readWorld(world))
  simulation.faults.set({ latencyMs: Number(latencyMs) })
  const server = createExchangeServer(simulation)
  server.listen(Number(port), '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const listensOn = typeof address === 'object' ? address?.port : undefined
  const stop = () => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  if (withParent) process.stdin.once('end', stop).resume()
  // Last: whoever reads this may send a signal at once.
  console.log(printJson ? JSON.stringify({ port: listensOn }) : `Simulated Exchange on http://127.0.0.1:${listensOn}`)
}

function readWorld(file: string) {
  try {
    return parseWorld(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    console.error(`${file}: ${error instanceof Error ? error.message : String(error)}`)
    return process.exit(1)
  }
}
