/** The simulated Autodiscover and EWS as a process: one account, listens on loopback, says on which port. */
import { once } from 'node:events'
import { Command } from 'commander'
import { createEwsServer } from './server.ts'
import { createEwsSimulation } from './simulation.ts'

interface Options {
  readonly port: string
  readonly user: string
  readonly password: string
  readonly address: string
  readonly printJson?: true
  readonly withParent?: true
}

const options = new Command('sim-ews')
  .description(
    'Simulated Exchange Web Services and Autodiscover of one account, for tests and for running easgate on one machine.',
  )
  .option('--port <number>', 'port on 127.0.0.1; 0 takes a free one', '0')
  .option('--user <name>', 'name of the account', 'notify')
  .option('--password <text>', 'its password, for Basic', 'notify')
  .option('--address <address>', 'its mail address', 'notify@contoso.com')
  .option('--print-json', 'print {"port":…} on one line when listening')
  .option('--with-parent', 'end when standard input ends')
  .parse()
  .opts<Options>()

await run(options)

async function run({ port, user, password, address, printJson, withParent }: Options): Promise<void> {
  const server = createEwsServer(createEwsSimulation({ user, password, address }))
  server.listen(Number(port), '127.0.0.1')
  await once(server, 'listening')
  const at = server.address()
  const listensOn = typeof at === 'object' ? at?.port : undefined
  const stop = () => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  if (withParent) process.stdin.once('end', stop).resume()
  // Last: whoever reads this may send a signal at once.
  console.log(printJson ? JSON.stringify({ port: listensOn }) : `Simulated EWS on http://127.0.0.1:${listensOn}`)
}
