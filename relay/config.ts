/** The relay's configuration file: one JSON object, checked whole, so that an administrator sees every problem at once. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import * as z from 'zod'
import { resourceOf } from '../protocol/rendezvous.ts'
import { keyRing } from '../protocol/signing.ts'

const text = z.string().min(1).max(1024)
const flag = z.boolean()

const rendezvous = z.strictObject({
  address: text.refine(isAddress, 'must look like wss://<namespace>.servicebus.windows.net/$hc/<path>'),
  keyName: text,
  key: text,
  allowedHostSuffix: text.optional(),
  channels: z.int().min(1).max(5).default(2),
  ping: z.enum(['ping', 'pong', 'off']).default('ping'),
})

/** How the module reaches Exchange; passed to it as it is. */
const connection = z.strictObject({
  server: text,
  scheme: z.enum(['http', 'https']).default('http'),
  port: z.int().min(1).max(65_535).optional(),
  path: text.startsWith('/').default('/PowerShell/'),
  authentication: z.enum(['Kerberos', 'Negotiate']).default('Kerberos'),
  viewEntireForest: flag.default(true),
})

const powershell = z.strictObject({
  executable: text.refine(isFullPath, 'must be a full path').default(defaultExecutable),
  modulePath: text.optional(),
  parallel: z.int().min(1).max(15).default(1),
})

const schema = z.strictObject({
  connectorId: text.max(128),
  rendezvous,
  cloudKeys: z.array(text.refine(isPublicKey, 'is not an Ed25519 public key in base64 DER')).min(1),
  stateDir: text,
  powershell: powershell.prefault({}),
  connection,
  allow: z.strictObject({ wipe: flag.default(false), removePartnership: flag.default(false) }).prefault({}),
  maxConversations: z.int().min(1).max(64).default(8),
  log: z
    .strictObject({
      file: text.optional(),
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
    })
    .prefault({}),
})

/** Paths are absolute. */
export type RelayConfig = z.infer<typeof schema>

// What to do about a property, by its path; the nearest path that is listed counts.
const remedies: Readonly<Record<string, string>> = {
  connectorId: "copy it from the connector's join file",
  rendezvous: "copy it from the connector's join file",
  'rendezvous.channels': '2 keeps one channel up while the service restarts the other; leave it out for 2',
  'rendezvous.ping': 'leave it out unless support asked for another value',
  cloudKeys: "copy the list from the connector's join file",
  stateDir: 'name a folder that only the account of this service may read',
  'powershell.executable': 'for example C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
  'powershell.modulePath': 'leave it out: the module comes with the relay',
  'powershell.parallel': 'commands at the same time, 1 to 15; Exchange allows 18 sessions per account',
  'connection.server': 'the full name of one Exchange server, not of a load balancer (Kerberos needs the SPN)',
  connection: "see the README's table of the relay's configuration",
  allow: 'true or false; false unless this relay may wipe phones or remove partnerships',
  maxConversations: '1 to 64; leave it out for 8',
  log: 'a file and a level (trace, debug, info, warn, error); leave it out for standard error',
}

/** `problems` has one line for each property that is wrong, with the remedy. Values are not in it: some are secret. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(file: string, problems: readonly string[]) {
    super(`${file} cannot be used:\n${problems.map((problem) => `- ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** Relative paths in the file are relative to the file. Throws a ConfigError. */
export async function readConfig(file: string): Promise<RelayConfig> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(file, [`it cannot be read (${cause instanceof Error ? cause.message : 'unknown reason'})`])
  })
  return parseConfig(content, path.resolve(file))
}

export function parseConfig(content: string, file: string): RelayConfig {
  const result = schema.safeParse(parseJson(content, file))
  if (!result.success) throw new ConfigError(file, result.error.issues.flatMap(problemsOf))
  const { data } = result
  const absolute = (relative: string) => path.resolve(path.dirname(file), relative)
  return {
    ...data,
    stateDir: absolute(data.stateDir),
    powershell: {
      ...data.powershell,
      ...(data.powershell.modulePath && { modulePath: absolute(data.powershell.modulePath) }),
    },
    log: { ...data.log, ...(data.log.file && { file: absolute(data.log.file) }) },
  }
}

function parseJson(content: string, file: string): unknown {
  try {
    // Windows editors like to begin a file with a byte order mark.
    return JSON.parse(content.replace(/^\uFEFF/, ''))
  } catch {
    throw new ConfigError(file, ['it is not JSON; look for a missing comma or quote, and double every backslash'])
  }
}

function problemsOf(issue: z.core.$ZodIssue): string[] {
  const where = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...issue.path, key].join('.')}: is not a setting of the relay; remove it`)
  }
  const remedy = remedyFor(issue.path.filter((part) => typeof part === 'string'))
  const isMissing = issue.code === 'invalid_type' && /received undefined/.test(issue.message)
  return [`${where === '' ? 'the file' : where}: ${isMissing ? 'is missing' : issue.message}${remedy}`]
}

function remedyFor(parts: readonly string[]): string {
  if (parts.length === 0) return ''
  const remedy = remedies[parts.join('.')]
  return remedy === undefined ? remedyFor(parts.slice(0, -1)) : `; ${remedy}`
}

function isAddress(address: string): boolean {
  try {
    resourceOf(address)
    return true
  } catch {
    return false
  }
}

function isPublicKey(key: string): boolean {
  try {
    keyRing([key])
    return true
  } catch {
    return false
  }
}

function isFullPath(file: string): boolean {
  return path.isAbsolute(file) || path.win32.isAbsolute(file)
}

/** Windows PowerShell 5.1, which every Windows server has. Elsewhere there is no default: remote PowerShell to Exchange needs Windows. */
function defaultExecutable(): string {
  const system = process.env['SystemRoot'] ?? 'C:\\Windows'
  return path.win32.join(system, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe')
}
