/** The app's settings: environment variables, filled up from local.settings.json, and the places where bindings name them. */
import * as z from 'zod'
import { HostError } from './hostError.ts'
import { readJson } from './hostJson.ts'

export type Environment = Record<string, string | undefined>

const fileSchema = z.object({ Values: z.record(z.string(), z.string()).default({}) })

/** Copies `Values` of a local.settings.json into `environment` where it has no such variable yet. */
export function addSettingsFile(path: string, environment: Environment): void {
  const parsed = fileSchema.safeParse(readJson(path))
  if (!parsed.success) throw new HostError(`${path}: ${z.prettifyError(parsed.error)}`)
  for (const [name, value] of Object.entries(parsed.data.Values)) environment[name] ??= value
}

/** `text` with every `%NAME%` replaced by that setting; a missing one is a HostError that names it and who asks for it. */
export function expand(text: string, environment: Environment, usedBy: string): string {
  return text.replaceAll(/%([^%]+)%/g, (_whole, name: string) => {
    const value = environment[name]
    if (value === undefined || value === '')
      throw new HostError(
        `${usedBy}: the setting ${name} is missing; set it in the environment or in local.settings.json`,
      )
    return value
  })
}

/**
 * The connection string that a binding's `connection` names. Azure looks for `AzureWebJobs<name>` first, then `<name>`;
 * no name means AzureWebJobsStorage. Identity-based connections (`<name>__queueServiceUri`) need Entra and are not for here.
 */
export function connectionString(name: string | undefined, environment: Environment, usedBy: string): string {
  const names =
    name === undefined || name === 'AzureWebJobsStorage' ? ['AzureWebJobsStorage'] : [`AzureWebJobs${name}`, name]
  const value = names.map((one) => environment[one]).find((one) => one !== undefined && one !== '')
  if (value === undefined)
    throw new HostError(`${usedBy}: the setting ${names.at(-1)} is missing; it must hold a storage connection string`)
  return value
}
