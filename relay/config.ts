/** The relay's configuration file: one JSON object, checked whole, so that an administrator sees every problem at once. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type * as z from 'zod'
import { configSchema, type RelayConfigFile, type RelayConfigInput } from './configSchema.ts'

/** Paths are absolute. Secrets are still references: openSecrets.ts opens them. */
export type RelayConfig = RelayConfigFile

// What to do about a property, by its path; the nearest path that is listed counts.
const remedies: Readonly<Record<string, string>> = {
  connectorId: "run easgate-relay join with the connector's join file",
  rendezvous: "run easgate-relay join with the connector's join file",
  'rendezvous.key': 'run easgate-relay join, which protects it; a secret is never written in clear',
  'rendezvous.caFile': 'a PEM file with the certificate of your own authority; leave it out otherwise',
  'rendezvous.channels': '2 keeps one channel up while the service restarts the other; leave it out for 2',
  'rendezvous.ping': 'leave it out unless support asked for another value',
  cloudKeys: "run easgate-relay join with the connector's join file",
  stateDir: 'name a folder that only the account of this service may read',
  'powershell.executable': 'for example C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
  'powershell.modulePath': 'leave it out: the module comes with the relay',
  'powershell.parallel': 'commands at the same time, 1 to 15; Exchange allows 18 sessions per account',
  'connection.server': 'the full name of one Exchange server, not of a load balancer (Kerberos needs the SPN)',
  connection: 'run easgate-relay configure',
  'connection.account': 'run easgate-relay configure, or leave it out to use the identity of the service itself',
  proxy: 'for example { "address": "http://proxy.contoso.com:8080" }; run easgate-relay configure for its account',
  mail: 'run easgate-relay configure; leave it out if easgate is to send no mail',
  replace: 'true only when this connector is to take the place of another one for the same Exchange organization',
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
  const data = check(configSchema, parseJson(content, file), file)
  const absolute = (relative: string) => path.resolve(path.dirname(file), relative)
  return {
    ...data,
    stateDir: absolute(data.stateDir),
    rendezvous: {
      ...data.rendezvous,
      ...(data.rendezvous.caFile && { caFile: absolute(data.rendezvous.caFile) }),
    },
    powershell: {
      ...data.powershell,
      ...(data.powershell.modulePath && { modulePath: absolute(data.powershell.modulePath) }),
    },
    log: { ...data.log, ...(data.log.file && { file: absolute(data.log.file) }) },
  }
}

const draftSchema = configSchema.partial()

/** A configuration that is still being put together: what is there is right, but whole sections and the server may be missing. As it is written. */
export type ConfigDraft = Partial<Omit<RelayConfigInput, 'connection'>> & {
  connection?: Partial<RelayConfigInput['connection']>
}

/** Throws a ConfigError. Nothing is filled in and no path changed: what is not touched is written back as it was. */
export function parseDraft(content: string, file: string): ConfigDraft {
  const value = parseJson(content, file)
  checkDraft(value, file)
  return value as ConfigDraft
}

/** Throws a ConfigError. */
export function checkDraft(value: unknown, file: string): void {
  check(draftSchema, withServer(value), file)
}

function withServer(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('connection' in value)) return value
  const { connection } = value
  if (typeof connection !== 'object' || connection === null || 'server' in connection) return value
  return { ...value, connection: { ...connection, server: 'not yet said' } }
}

function check<T extends z.ZodType>(schema: T, value: unknown, file: string): z.output<T> {
  const result = schema.safeParse(value)
  if (!result.success) throw new ConfigError(file, result.error.issues.flatMap(problemsOf))
  return result.data
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
