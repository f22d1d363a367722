/** The shape of the relay's configuration file. Secrets stand in it as references, never in clear (openSecrets.ts). */
import path from 'node:path'
import * as z from 'zod'
import { isRelayAddress } from '../protocol/rendezvous.ts'
import { isPublicKey } from '../protocol/signing.ts'

const text = z.string().min(1).max(1024)
const flag = z.boolean()

/** `protected`: DPAPI's cipher text in base64. `env`: the name of an environment variable that holds it. */
export const secretReference = z.union(
  [
    z.strictObject({ protected: z.string().min(1).max(65_536) }),
    z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/) }),
  ],
  { error: ({ input }) => (input === undefined ? 'is missing' : 'is not { "protected": … } or { "env": NAME }') },
)
export type SecretReference = z.infer<typeof secretReference>

const account = z.strictObject({ user: text, password: secretReference })

const rendezvous = z.strictObject({
  address: text.refine(isRelayAddress, 'must look like wss://<namespace>.servicebus.windows.net/$hc/<path>'),
  keyName: text,
  key: secretReference,
  allowedHostSuffix: text.optional(),
  channels: z.int().min(1).max(5).default(2),
  ping: z.enum(['ping', 'pong', 'off']).default('ping'),
  /** PEM of a private certificate authority, beside those that Node knows. */
  caFile: text.optional(),
})

/** For everything that goes out over https: control channels, conversations, Autodiscover and EWS. */
const proxy = z.strictObject({
  address: text.refine(isProxyAddress, 'must look like http://proxy.contoso.com:8080'),
  account: account.optional(),
  /** Hosts that are reached without it; `.contoso.com` stands for all below it. */
  bypass: z.array(text).max(100).default([]),
})

/** How the module reaches Exchange; passed to it as it is, but for `casFailover`. */
const connection = z
  .strictObject({
    kind: z.enum(['onPremises', 'hosted']).default('onPremises'),
    server: text,
    scheme: z.enum(['http', 'https']).optional(),
    port: z.int().min(1).max(65_535).optional(),
    path: text.startsWith('/').default('/PowerShell/'),
    authentication: z.enum(['Kerberos', 'Negotiate', 'Basic']).optional(),
    /** Left out: the identity of the service itself, for example a gMSA. */
    account: account.optional(),
    viewEntireForest: flag.default(true),
    casFailover: flag.default(true),
    /** Hosted only: how WinRM finds its proxy. */
    proxyAccess: z.enum(['none', 'IEConfig', 'WinHttpConfig', 'AutoDetect']).optional(),
    proxyAuthentication: z.enum(['Negotiate', 'Basic', 'Digest']).optional(),
    proxyAccount: account.optional(),
  })
  .superRefine(checkConnection)
  .transform(({ scheme, authentication, ...rest }) => ({
    ...rest,
    scheme: scheme ?? (rest.kind === 'hosted' ? 'https' : 'http'),
    authentication: authentication ?? (rest.kind === 'hosted' ? 'Basic' : 'Kerberos'),
  }))

/** The notification account: who sends the mails that tell people why their phone is kept out. */
const mail = z.strictObject({
  from: text.refine((address) => /^[^\s@]+@[^\s@]+$/.test(address), 'must be a mail address'),
  /** Left out: the identity of the service itself. */
  account: account.optional(),
  authentication: z.enum(['Negotiate', 'Ntlm', 'Basic']).default('Negotiate'),
  /** Left out: Autodiscover finds it. */
  ewsUrl: text.refine((url) => isHttps(url), 'must look like https://mail.contoso.com/EWS/Exchange.asmx').optional(),
})

const powershell = z.strictObject({
  executable: text.refine(isFullPath, 'must be a full path').default(defaultExecutable),
  modulePath: text.optional(),
  parallel: z.int().min(1).max(15).default(1),
})

export const configSchema = z.strictObject({
  connectorId: text.max(128),
  /** Asks the cloud side to retire the connector that serves this Exchange organization now. */
  replace: flag.default(false),
  rendezvous,
  proxy: proxy.optional(),
  cloudKeys: z.array(text.refine(isPublicKey, 'is not an Ed25519 public key in base64 DER')).min(1),
  stateDir: text,
  powershell: powershell.prefault({}),
  connection,
  mail: mail.optional(),
  allow: z.strictObject({ wipe: flag.default(false), removePartnership: flag.default(false) }).prefault({}),
  maxConversations: z.int().min(1).max(64).default(8),
  log: z
    .strictObject({
      file: text.optional(),
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
      /** The file is rotated at this size, and this many older ones are kept. */
      maxMb: z.int().min(1).max(1024).default(20),
      keep: z.int().min(0).max(100).default(5),
      /** Windows Event Log entries (docs/relay.md); on by default on Windows, without meaning elsewhere. */
      eventLog: flag.default(true),
    })
    .prefault({}),
})

/** As it stands in the file, with defaults filled in. Secrets are references. */
export type RelayConfigFile = z.infer<typeof configSchema>
/** As it may be written. */
export type RelayConfigInput = z.input<typeof configSchema>

interface ConnectionGiven {
  readonly kind: 'onPremises' | 'hosted'
  readonly scheme?: string | undefined
  readonly authentication?: string | undefined
  readonly account?: object | undefined
  readonly proxyAccess?: string | undefined
  readonly proxyAuthentication?: string | undefined
  readonly proxyAccount?: object | undefined
}

/*
 *                                      | onPremises                | hosted
 * Basic                                | refused                   | only over https
 * an account of its own                | with any authentication   | needed for Basic
 * proxyAccess, -Authentication, -Account | refused                 | taken
 */
function checkConnection(given: ConnectionGiven, context: z.core.$RefinementCtx): void {
  const complain = (property: string, message: string) =>
    context.addIssue({ code: 'custom', path: [property], message, input: undefined })
  const isHosted = given.kind === 'hosted'
  const authentication = given.authentication ?? (isHosted ? 'Basic' : 'Kerberos')
  const scheme = given.scheme ?? (isHosted ? 'https' : 'http')
  if (authentication === 'Basic' && !isHosted) complain('authentication', 'Basic is for hosted Exchange only')
  if (authentication === 'Basic' && scheme !== 'https') complain('scheme', 'Basic sends the password: https is needed')
  if (authentication === 'Basic' && !given.account) complain('account', 'Basic needs an account')
  if (isHosted) return
  for (const property of ['proxyAccess', 'proxyAuthentication', 'proxyAccount'] as const) {
    if (given[property] !== undefined) complain(property, 'is for hosted Exchange only')
  }
}

function isProxyAddress(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, username, password, pathname } = new URL(address)
  return /^https?:$/.test(protocol) && username === '' && password === '' && pathname === '/'
}

function isHttps(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname))
}

function isFullPath(file: string): boolean {
  return path.isAbsolute(file) || path.win32.isAbsolute(file)
}

/** Windows PowerShell 5.1, which every Windows server has. Elsewhere there is no default: remote PowerShell to Exchange needs Windows. */
function defaultExecutable(): string {
  const system = process.env['SystemRoot'] ?? 'C:\\Windows'
  return path.win32.join(system, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe')
}
