/** The settings that `configure` can make: the option of each, and where it stands in the configuration. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { envGiven } from './storeSecret.ts'

/** From a place in the configuration (`connection.server`) to its new value; null takes away what is there. */
export type Answers = Map<string, unknown>

interface Setting {
  readonly at: string
  readonly flags: string
  readonly description: string
  readonly choices?: readonly string[]
  readonly parse?: (value: string) => unknown
  /** The opposite, `--no-…`, and what it takes away. */
  readonly off?: readonly [at: string, description: string]
}

const onOff = (value: string): boolean => {
  if (value !== 'on' && value !== 'off') throw new InvalidArgumentError('Write on or off.')
  return value === 'on'
}
const wholeNumber = (least: number, most: number) => (value: string) => {
  const number = Number(value)
  if (/^\d+$/.test(value) && number >= least && number <= most) return number
  throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`)
}
const list = (value: string): string[] => value.split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()]))

function account(at: string, name: string, whose: string, off: string): Setting[] {
  return [
    { at: `${at}.user`, flags: `--${name} <user>`, description: `DOMAIN\\user ${whose}`, off: [at, off] },
    {
      at: `${at}.password`,
      flags: `--${name}-password-env <name>`,
      description: 'environment variable that holds its password',
    },
  ]
}

const own = 'the identity of the service itself, for example a gMSA'
export const accounts = ['connection.account', 'connection.proxyAccount', 'mail.account', 'proxy.account'] as const

// prettier-ignore
const settings: readonly Setting[] = [
  { at: 'connection.kind', flags: '--kind <kind>', description: 'where Exchange is', choices: ['onPremises', 'hosted'] },
  { at: 'connection.server', flags: '--server <name>', description: 'full name of one Exchange server, not of a load balancer; hosted: the address' },
  ...account('connection.account', 'account', 'for Exchange', own),
  { at: 'connection.scheme', flags: '--scheme <scheme>', description: 'default: http on premises (Kerberos encrypts), https hosted', choices: ['http', 'https'] },
  { at: 'connection.port', flags: '--port <number>', description: 'default: that of the scheme', parse: wholeNumber(1, 65_535) },
  { at: 'connection.path', flags: '--path <path>', description: 'default: /PowerShell/' },
  { at: 'connection.authentication', flags: '--authentication <kind>', description: 'default: Kerberos; hosted: Basic', choices: ['Kerberos', 'Negotiate', 'Basic'] },
  { at: 'connection.viewEntireForest', flags: '--view-entire-forest <on|off>', description: 'mailboxes of the whole forest (default: on)', parse: onOff },
  { at: 'connection.casFailover', flags: '--cas-failover <on|off>', description: 'another Exchange server when this one fails (default: on)', parse: onOff },
  { at: 'powershell.parallel', flags: '--parallel <number>', description: 'commands at the same time; 4 from 5,000 phones on (default: 1)', parse: wholeNumber(1, 15) },
  { at: 'mail.from', flags: '--mail-from <address>', description: 'mailbox of the notification account' },
  { at: 'mail', flags: '--no-mail', description: 'send no notifications' },
  ...account('mail.account', 'mail-account', 'of the notification account', own),
  { at: 'mail.authentication', flags: '--mail-authentication <kind>', description: 'default: Negotiate', choices: ['Negotiate', 'Ntlm', 'Basic'] },
  { at: 'mail.ewsUrl', flags: '--ews-url <url>', description: 'https://…/EWS/Exchange.asmx', off: ['mail.ewsUrl', 'find it by Autodiscover (default)'] },
  { at: 'proxy.address', flags: '--proxy <url>', description: 'HTTP proxy for all that goes out: http://proxy.contoso.com:8080', off: ['proxy', 'no proxy (default)'] },
  ...account('proxy.account', 'proxy-account', 'or user that the proxy asks for', 'it asks for none'),
  { at: 'proxy.bypass', flags: '--proxy-bypass <hosts>', description: 'reached without it: by commas; .contoso.com for all below', parse: list },
  { at: 'connection.proxyAccess', flags: '--hosted-proxy-access <how>', description: 'hosted: how WinRM finds its proxy', choices: ['none', 'IEConfig', 'WinHttpConfig', 'AutoDetect'] },
  { at: 'connection.proxyAuthentication', flags: '--hosted-proxy-authentication <kind>', description: 'what that proxy asks for', choices: ['Negotiate', 'Basic', 'Digest'] },
  ...account('connection.proxyAccount', 'hosted-proxy-account', 'for that proxy', 'it asks for none'),
  { at: 'allow.wipe', flags: '--allow-wipe <on|off>', description: 'let easgate wipe phones through this relay (default: off)', parse: onOff },
  { at: 'allow.removePartnership', flags: '--allow-remove-partnership <on|off>', description: 'let easgate remove partnerships (default: off)', parse: onOff },
]

export function addSettingOptions(command: Command): Command {
  for (const { flags, description, choices, parse, off } of settings) {
    const option = new Option(flags, description)
    if (choices) option.choices(choices)
    if (parse) option.argParser(parse)
    command.addOption(option)
    if (off) command.addOption(new Option(flags.replace(/^--(\S+).*/, '--no-$1'), off[1]))
  }
  return command
}

/** What the options say; passwords as SecretGiven. Throws a UsageError when one holds something else than a variable's name. */
export function answersFrom(values: Readonly<Record<string, unknown>>): Answers {
  const answers: Answers = new Map()
  for (const { at, flags, off } of settings) {
    const option = new Option(flags)
    const value = values[option.attributeName()]
    if (option.negate && value === false) answers.set(at, null)
    else if (off && value === false) answers.set(off[0], null)
    else if (at.endsWith('.password') && typeof value === 'string') answers.set(at, envGiven(option.long ?? '', value))
    else if (!option.negate && value !== undefined) answers.set(at, value)
  }
  return answers
}

/** The option that sets this place, or what is at a place below: `--server` for `connection.server`. */
export function optionAt(at: string): string | undefined {
  const setting = settings.find((one) => one.at === at && !one.flags.startsWith('--no-'))
  return setting && /^--\S+/.exec(setting.flags)?.[0]
}
