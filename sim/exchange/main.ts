/** The simulated Exchange as a process: reads a world, listens on loopback, says on which port. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { serveUntilStopped } from '../serveUntilStopped.ts'
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
  const listensOn = await serveUntilStopped(server, { port: Number(port), withParent: withParent === true })
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
