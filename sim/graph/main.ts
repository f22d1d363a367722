/** Command line of the simulated Microsoft Graph. Never shipped. */
import { Command, InvalidArgumentError } from 'commander'
import { startGraph } from './startGraph.ts'
import { readWorld } from './world.ts'

type Arguments = {
  port: number
  world: string
  maxPage?: number
  requireToken?: string
  printJson: boolean
  withParent: boolean
}

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted')
  return Number(text)
}

const routes = `
Routes of its own:
  POST   /_sim/patch      {"users": [{"id": …}], …}   merges by id; new ids are added
  POST   /_sim/remove     {"users": ["<id>"], …, "permanent"?: true}
  POST   /_sim/faults     {"fault": "status", "status": 429, "retryAfter"?: 2, "path"?: "users", "page"?: 2, "after"?: 1, "count"?: 3 or null}
                          other faults: reset, cut, hang, slow, malformed, noValue, foreignLink, sameLink, repeatPage, emptyPage, row
  DELETE /_sim/faults     forgets those not used up
  GET    /_sim/requests   what was asked so far; DELETE counts from zero`

const command = new Command('easgate-graph')
  .description('Answers as Microsoft Graph on 127.0.0.1, from a world in a JSON file.')
  .requiredOption('--world <file>', 'a scenario, its world, or only the part of Graph')
  .option('--port <number>', 'port on 127.0.0.1; 0 takes any free one', whole, 0)
  .option('--max-page <number>', 'no page of a list is larger, whatever $top asks', whole)
  .option('--require-token <token>', 'answer 401 to every other bearer token')
  .option('--print-json', 'write the line that tells the port as JSON', false)
  .option('--with-parent', 'stop when standard input ends', false)
  .addHelpText('after', routes)
  .action(main)

async function main({ port, world, maxPage, requireToken, printJson, withParent }: Arguments): Promise<void> {
  const graph = await startGraph({
    world: readWorld(world),
    linksEntra: true,
    port,
    ...(maxPage === undefined ? {} : { maxPage }),
    ...(requireToken === undefined ? {} : { requireToken }),
  })
  const line = { port: graph.port, url: graph.url, pid: process.pid }
  process.stdout.write(`${printJson ? JSON.stringify(line) : `simulated Graph on ${graph.url}`}\n`)
  const stop = (): void => void graph.close().finally(() => process.exit(0))
  process.once('SIGTERM', stop).once('SIGINT', stop)
  if (withParent) process.stdin.once('end', stop).once('error', stop).resume()
}

try {
  await command.parseAsync()
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`)
  process.exit(1)
}
