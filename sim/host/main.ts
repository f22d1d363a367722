/** Command line of the development host for Azure Functions (Node, v4 model): runs a built app without Microsoft's tools. Never shipped. */
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { describeFunctions } from './describeFunctions.ts'
import { startHost } from './host.ts'
import { HostError } from './hostError.ts'
import { readHostJson } from './hostJson.ts'
import { loadApp } from './loadApp.ts'
import { toLocalFunctions } from './localFunction.ts'
import { createLog, errorText, levels, type WriteLog } from './log.ts'
import type { Level } from './rpc.ts'
import { addSettingsFile } from './settings.ts'
import { stopOnRequest } from './stopOnRequest.ts'

type Arguments = {
  app: string
  port: number
  root: string
  settings?: string
  queuePollMs: number
  visibilityMs: number
  retryMs?: number
  key?: string
  logLevel: Level
  printJson: boolean
  withParent: boolean
  list: boolean
}

const milliseconds = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted')
  return Number(text)
}

const command = new Command('easgate-host')
  .description('Runs a built Azure Functions app on this machine: HTTP, timers and storage queues.')
  .requiredOption('--app <file>', 'the built entry file of the app')
  .option('--port <number>', 'HTTP port on 127.0.0.1; 0 takes any free one', milliseconds, 7071)
  .option('--root <folder>', 'folder of host.json', '.')
  .option('--settings <file>', 'a local.settings.json whose Values fill up the environment')
  .option('--queue-poll-ms <ms>', 'how often queues are looked at', milliseconds, 100)
  .option(
    '--visibility-ms <ms>',
    'how long a received message stays hidden if this process dies (whole seconds)',
    milliseconds,
    30_000,
  )
  .option(
    '--retry-ms <ms>',
    'delay before a failed message comes again, instead of visibilityTimeout in host.json (whole seconds)',
    milliseconds,
  )
  .option('--key <key>', 'key that function and admin routes then ask for')
  .addOption(new Option('--log-level <level>', 'leave out what is below').choices(levels).default('information'))
  .option('--print-json', 'write each line as a JSON object', false)
  .option('--with-parent', 'stop when standard input ends', false)
  .option('--list', 'print the registered functions as JSON and exit', false)
  .action(main)

async function main(given: Arguments): Promise<void> {
  // With --list standard output is the list alone.
  const log = createLog(given.logLevel, given.printJson, given.list ? process.stderr : process.stdout)
  diesOfUncaught(log)
  try {
    await (given.list ? list(given, log) : run(given, log))
  } catch (thrown) {
    log('critical', thrown instanceof HostError ? thrown.message : errorText(thrown))
    process.exit(1)
  }
}

/** Prints what the app registers and ends. */
async function list(given: Arguments, log: WriteLog): Promise<void> {
  if (given.settings !== undefined) addSettingsFile(given.settings, process.env)
  const app = await loadApp(given.app, log)
  // The app may hold timers or sockets: the process ends as soon as the list is out, not when they are done.
  process.stdout.write(`${JSON.stringify(describeFunctions(app.functions, process.env), null, 2)}\n`, () =>
    process.exit(0),
  )
}

async function run(given: Arguments, log: WriteLog): Promise<void> {
  if (given.settings !== undefined) addSettingsFile(given.settings, process.env)
  const fromFile = readHostJson(resolve(given.root, 'host.json'))
  const settings = {
    ...fromFile,
    queues: { ...fromFile.queues, retryDelayMs: given.retryMs ?? fromFile.queues.retryDelayMs },
  }
  const app = await loadApp(given.app, log)
  const functions = toLocalFunctions(app.functions, process.env, settings.routePrefix)
  const { port, queuePollMs: pollMs, visibilityMs, key } = given
  const host = await startHost({ app, functions, settings, port, pollMs, visibilityMs, key, log })
  const url = `http://127.0.0.1:${host.port}`
  log('information', `running ${functions.length} functions on ${url}`, { url, port: host.port, pid: process.pid })
  stopOnRequest(host, given.withParent, log)
}

/** As in Azure, an error nobody caught ends the process; messages it was working on come again. */
function diesOfUncaught(log: WriteLog): void {
  process.on('uncaughtException', (thrown, origin) => {
    log('critical', `${origin}: ${errorText(thrown)}`)
    process.exit(1)
  })
}

await command.parseAsync()
