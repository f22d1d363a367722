/** One app setting at a time, and what is wrong with it: the leaf that all readers of the configuration share. */

/** App settings by name: `process.env`, or a stand-in in tests. */
export type Environment = Readonly<Record<string, string | undefined>>

/** `problem` and `remedy` are parts of a sentence and never hold a setting's value. */
export interface ConfigProblem {
  readonly setting: string
  readonly problem: string
  readonly remedy: string
}

/** Takes what is wrong, so that one bad setting does not hide the next. */
export type Complain = (setting: string, problem: string, remedy: string) => void

/** The setting's text without space around it; undefined when it is missing or blank. */
export function setting(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim()
  return text === '' ? undefined : text
}

/** A secret's text, or null after complaining that it is missing or that Key Vault did not give it. */
export function readSecret(env: Environment, name: string, remedy: string, complain: Complain): string | null {
  const text = setting(env, name)
  if (text === undefined) {
    complain(name, 'is missing', remedy)
    return null
  }
  // App Service hands the reference itself to the app when it could not resolve it.
  if (!text.startsWith('@Microsoft.KeyVault(')) return text
  complain(
    name,
    'is a Key Vault reference that was not resolved',
    "check the secret's name and the identity's access to it",
  )
  return null
}
