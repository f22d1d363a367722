/** Opens the references to secrets in a configuration. What it gives back exists in memory only and is never logged. */
import { ConfigError, type RelayConfig } from './config.ts'
import { secretReference, type SecretReference } from './configSchema.ts'

/** What protects secrets at rest: DPAPI on Windows, and nothing elsewhere. Both throw an Error that says what to do. */
export interface Vault {
  /** Base64 of the cipher text. */
  protect(secret: string): Promise<string>
  open(protectedText: string): Promise<string>
}

type Opened<T> = T extends SecretReference
  ? string
  : T extends readonly unknown[]
    ? T
    : T extends object
      ? { [K in keyof T]: Opened<T[K]> }
      : T

/** The configuration with its secrets in clear. */
export type OpenConfig = Opened<RelayConfig>

export interface SecretSources {
  readonly file: string
  readonly env: NodeJS.ProcessEnv
  readonly vault: Vault
}

/** Throws a ConfigError that names each secret which could not be had. */
export async function openSecrets(config: RelayConfig, sources: SecretSources): Promise<OpenConfig> {
  const problems: string[] = []
  const opened = await openValue(config, [], async (reference, where) => {
    try {
      return await openOne(reference, sources)
    } catch (error) {
      problems.push(`${where}: ${error instanceof Error ? error.message : String(error)}`)
      return ''
    }
  })
  if (problems.length > 0) throw new ConfigError(sources.file, problems)
  return opened as OpenConfig
}

/** Names of the environment variables that the configuration takes secrets from. */
export function secretVariables(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { data } = secretReference.safeParse(value)
  if (data) return 'env' in data ? [data.env] : []
  return Object.values(value).flatMap(secretVariables)
}

type Opener = (reference: SecretReference, where: string) => Promise<string>

async function openValue(value: unknown, at: readonly string[], open: Opener): Promise<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const reference = secretReference.safeParse(value)
  if (reference.success) return open(reference.data, at.join('.'))
  // All at once: the vault opens what is asked for together with one process.
  const names = Object.keys(value)
  const inner = await Promise.all(Object.entries(value).map(([name, one]) => openValue(one, [...at, name], open)))
  return Object.fromEntries(names.map((name, index) => [name, inner[index]]))
}

async function openOne(reference: SecretReference, { env, vault }: SecretSources): Promise<string> {
  if ('protected' in reference) return vault.open(reference.protected)
  const secret = env[reference.env]
  if (secret === undefined || secret === '') {
    throw new Error(`the environment variable ${reference.env} is not set; set it for the service's account`)
  }
  return secret
}
