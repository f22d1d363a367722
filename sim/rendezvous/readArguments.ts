/** The command line of the simulated namespace, read into options. */
import { Command, InvalidArgumentError } from 'commander'
import type { JwtCheck, RendezvousOptions, Right, Rule } from './rendezvousOptions.ts'

export type Arguments = { options: RendezvousOptions; printJson: boolean; withParent: boolean }

/** Throws commander's error on unknown or missing arguments; `--help` prints and exits. `argv` as in `process.argv`. */
export function readArguments(argv: string[]): Arguments {
  const program = describe(new Command('rendezvous'))
  program.parse(argv)
  const given = program.opts<Given>()
  if (given.path.length === 0) program.error('No hybrid connection would exist: give --path at least once.')
  const rules = [
    ...rulesOf(program, 'key', given.keyName, given.key, ['listen', 'send']),
    ...rulesOf(program, 'listen-key', given.listenKeyName, given.listenKey, ['listen']),
    ...rulesOf(program, 'send-key', given.sendKeyName, given.sendKey, ['send']),
  ]
  if (rules.length === 0 && given.acceptJwt !== true) {
    program.error('Nobody could connect: give --key-name and --key (or the listen and send pairs, or --accept-jwt).')
  }
  const options: RendezvousOptions = { paths: given.path, rules, port: given.port, host: given.host }
  if (given.acceptTimeoutMs !== undefined) options.acceptTimeoutMs = given.acceptTimeoutMs
  if (given.acceptJwt === true) options.acceptJwt = anyJwt
  if (given.gatewayPort !== undefined) {
    options.gateway = {
      port: given.gatewayPort,
      ...(given.gatewayHost === undefined ? {} : { host: given.gatewayHost }),
    }
  }
  if (given.dataPings === 'peer') options.dataPings = 'peer'
  return { options, printJson: given.printJson === true, withParent: given.withParent === true }
}

type Given = {
  port: number
  host: string
  path: string[]
  acceptTimeoutMs?: number
  acceptJwt?: true
  gatewayPort?: number
  gatewayHost?: string
  dataPings?: 'service' | 'peer'
  printJson?: true
  withParent?: true
} & Record<'keyName' | 'key' | 'listenKeyName' | 'listenKey' | 'sendKeyName' | 'sendKey', string[]>

function describe(program: Command): Command {
  return program
    .description(
      'A simulated Azure Relay namespace (hybrid connections, WebSocket mode; HTTP mode answers 501) for tests and local runs.',
    )
    .option('--port <port>', 'port to listen on; 0 takes a free one', wholeNumber, 0)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--path <name>', 'hybrid connection that exists; repeatable', many, [])
    .option('--key-name <name>', 'rule with Listen and Send; repeatable, in pairs with --key', many, [])
    .option('--key <secret>', 'its key', many, [])
    .option('--listen-key-name <name>', 'rule with Listen only; repeatable, with --listen-key', many, [])
    .option('--listen-key <secret>', 'its key', many, [])
    .option('--send-key-name <name>', 'rule with Send only; repeatable, with --send-key', many, [])
    .option('--send-key <secret>', 'its key', many, [])
    .option('--accept-jwt', 'take every unexpired JWT, unchecked, as if Entra ID had given it')
    .option('--accept-timeout-ms <ms>', 'how long a sender waits for a listener before 504 (30000)', wholeNumber)
    .option(
      '--gateway-port <port>',
      'accept addresses point at this second port, as at Azure; 0 takes a free one',
      wholeNumber,
    )
    .option('--gateway-host <host>', 'and at this host name')
    .option('--data-pings <who>', 'who answers pings on joined sockets: service or peer')
    .option('--print-json', 'print one JSON line {"port","url"} once it listens')
    .option('--with-parent', 'exit when standard input ends, that is, when the parent process is gone')
    .addHelpText('after', epilogue)
}

const epilogue = `
Dial ws://<host>:<port>/$hc/<path>?sb-hc-action=listen or =connect, with the token in the header ServiceBusAuthorization.
GET /_sim/state tells listeners and conversations. POST /_sim/fault orders a fault; one of:
  {"fault":"killSockets","kind":"control","how":"rst"}      kind: control, sender, listener, data, all; also path, count
  {"fault":"blackHole","kind":"control"}                    bytes vanish, TCP stays
  {"fault":"closeAfter","afterMs":1000,"code":1011}
  {"fault":"stallUpgrade","action":"connect","count":1}     action: listen, connect, accept
  {"fault":"refuse","action":"listen","status":500,"count":3}
  {"fault":"spoilAccept","how":"duplicate"}                 how: duplicate, expired, lost
  {"fault":"sendControl","text":"{}"}
  {"fault":"sendGarbage","kind":"data"}                     bytes that are no frames
  {"fault":"forgetListeners","count":1}                     no sender any more, though pings and renewals go on
  {"fault":"clear"}

Example:
  npm run rendezvous -- --port 8080 --path exchange --listen-key-name relay --listen-key A --send-key-name cloud --send-key B`

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

function many(value: string, before: string[]): string[] {
  return [...before, value]
}

function rulesOf(program: Command, option: string, names: string[], keys: string[], rights: Right[]): Rule[] {
  if (names.length !== keys.length) {
    program.error(`--${option}-name and --${option} go in pairs: ${names.length} names, ${keys.length} keys.`)
  }
  return names.map((name, index) => ({ name, key: keys[index] ?? '', rights }))
}

/** The token's own `exp`, or an hour; the signature is not looked at. */
const anyJwt: JwtCheck = (jwt) => {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
    const { exp }: { exp?: unknown } = Object(claims)
    return { expiresAt: typeof exp === 'number' ? exp * 1000 : Date.now() + 3_600_000 }
  } catch {
    return undefined
  }
}
