/** The simulated Autodiscover and EWS as a process: one account, listens on loopback, says on which port. */
import { Command } from 'commander'
import { serveUntilStopped } from '../serveUntilStopped.ts'
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
  const listensOn = await serveUntilStopped(server, { port: Number(port), withParent: withParent === true })
  console.log(printJson ? JSON.stringify({ port: listensOn }) : `Simulated EWS on http://127.0.0.1:${listensOn}`)
}
