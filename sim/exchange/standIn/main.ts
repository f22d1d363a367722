/** The stand-in for PowerShell with the easgate module: reads a line at a time from stdin and does what it says. */
import { createInterface } from 'node:readline'
import { faultFromEnvironment, misbehave } from './childFault.ts'
import { EasgateModule, type Reply } from './easgateModule.ts'
import { parseShellLine, type ShellLine } from './shellLine.ts'
import { connectionPoints, sendRequest } from './webRequest.ts'

const { env } = process
const consoleEnd = env['EASGATE_SIM_CRLF'] === '1' ? '\r\n' : '\n'
const longestThrottleMs = Number(env['EASGATE_SIM_THROTTLE_MS'] ?? 30_000)
const exchangeUrl = env['EASGATE_SIM_EXCHANGE'] ?? 'http://127.0.0.1:9'
const easgate = new EasgateModule({ exchangeUrl, longestThrottleMs })
let isImported = false
let steps = 0

process.stdout.on('error', () => process.exit(0))
answerQuestion(process.argv.at(process.argv.indexOf('-Command') + 1) ?? '')
for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
  if (line.trim() !== '') await run(line)
}
await easgate.close()
process.exit(0)

async function run(text: string): Promise<void> {
  const line = parseShellLine(text)
  if (!line || (!isImported && line.kind !== 'mark' && line.kind !== 'import')) return refuse(text)
  if (line.kind === 'mark') return mark(line)
  if (line.kind === 'import') {
    if (!env['EASGATE_MODULE']) return refuse(text)
    isImported = true
    if (line.echo !== '') process.stdout.write(line.echo + consoleEnd)
    return
  }
  if (line.kind === 'close') return print(await easgate.close())
  if (line.kind === 'points') return print(connectionPoints(env['EASGATE_SIM_CONNECTION_POINT']))
  if (line.kind === 'request') return print(await sendRequest(decode(line.argument)))
  if (line.kind === 'open') return print(await easgate.open(decode(line.argument)))
  steps += 1
  const reply = await easgate.step(decode(line.argument))
  const fault = easgate.childFault ?? faultFromEnvironment(env['EASGATE_SIM_CHILD'], steps)
  easgate.childFault = undefined
  await print(reply, fault)
}

/** `-Command "$($PSVersionTable.PSVersion) …"`, as `easgate-relay check` asks: version, edition, language mode, policy. */
function answerQuestion(text: string): void {
  if (!text.includes('$PSVersionTable')) return
  process.stdout.write(`${env['EASGATE_SIM_POWERSHELL'] ?? '7.6.0 Core FullLanguage Undefined'}${consoleEnd}`)
  process.exit(0)
}

async function print({ lines, end }: Reply, fault?: string): Promise<void> {
  const good = { lines, end: JSON.stringify({ end: true, lines: lines.length, ...end }) }
  const printed = fault === undefined ? good : await misbehave(fault, good)
  const all = printed.end === '' ? printed.lines : [...printed.lines, printed.end]
  process.stdout.write(all.map((line) => line + consoleEnd).join(''))
}

function mark({ stream, text, isConsoleLine }: Extract<ShellLine, { kind: 'mark' }>): void {
  const target = stream === 'Out' ? process.stdout : process.stderr
  target.write(text + (isConsoleLine ? consoleEnd : '\n'))
}

function refuse(text: string): void {
  const name = text.split(/\s/)[0] ?? ''
  process.stderr.write(
    `${name} : The term '${name}' is not recognized as the name of a cmdlet, function, script file, or operable program.\n`,
  )
}

// What is in it is the relay's word: the module, too, takes it as it is.
function decode(argument: string) {
  return JSON.parse(Buffer.from(argument, 'base64').toString('utf8'))
}
