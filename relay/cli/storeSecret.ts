/** From what a person gave to a reference that may stand in the configuration. A secret is never an option: options are seen by others. */
import type { SecretReference } from '../configSchema.ts'
import type { Vault } from '../openSecrets.ts'
import { noVault } from '../vault.ts'
import { UsageError } from './output.ts'
import type { Surroundings } from './surroundings.ts'

/** A secret as it came in: typed, or the name of the environment variable that holds it. */
export type SecretGiven = { readonly typed: string } | { readonly env: string }

/** For `--…-env`. Throws a UsageError. */
export function envGiven(option: string, name: string): SecretGiven {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) return { env: name }
  throw new UsageError(`${option} takes the name of an environment variable, not the secret itself`)
}

/*
 *                        | Windows                               | elsewhere
 * typed                  | protected by DPAPI                    | refused (noVault)
 * environment variable   | its value of now, protected by DPAPI  | its name; the service reads it at every start
 */
export async function storeSecret(
  given: SecretGiven,
  option: string,
  { vault, env }: { vault: Vault; env: Surroundings['env'] },
): Promise<SecretReference> {
  if ('typed' in given) return { protected: await vault.protect(given.typed) }
  if (vault === noVault) return given
  const secret = env[given.env]
  if (!secret)
    throw new UsageError(`${option} ${given.env}: this environment variable is not set; set it for this command`)
  return { protected: await vault.protect(secret) }
}

export interface SecretQuestion {
  /** For example `the listener key`. */
  readonly what: string
  readonly defaultEnv: string
}

/** Asks for the secret where it can be kept, elsewhere for the variable that will hold it. */
export async function askSecret(question: SecretQuestion, { asker, platform }: Surroundings): Promise<SecretGiven> {
  if (!asker) throw new Error('nobody can be asked')
  if (platform === 'win32') return { typed: await asker.secret(`${question.what} (not shown)`) }
  const check = (name: string) =>
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) ? undefined : 'letters, digits and _ only'
  const message = `Name of the environment variable that holds ${question.what} when the relay runs`
  return { env: await asker.text(message, question.defaultEnv, check) }
}
