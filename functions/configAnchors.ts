/** EASGATE_ANCHOR_CONTAINER: the blob container with a retention policy where the audit's heads are kept. */
import { endpointProblem } from './configEndpoint.ts'
import { setting, type Complain, type Environment } from './configSetting.ts'

export interface AnchorConfig {
  /** URL of the container without a final slash. */
  readonly container: string
  /** Of the account in the connection string; null: the app signs in with its managed identity. */
  readonly key: { readonly accountName: string; readonly accountKey: string } | null
}

const name = 'EASGATE_ANCHOR_CONTAINER'
const remedy =
  'set it to the address of a blob container with a time-based retention policy, https://ACCOUNT.blob.core.windows.net/CONTAINER, or leave it out'

/** null where the setting is missing, or after complaining. */
export function readAnchors(env: Environment, complain: Complain): AnchorConfig | null {
  const text = setting(env, name)
  if (text === undefined) return null
  const problem = endpointProblem(text, 'https:', 'http:')
  if (problem === null && !new URL(text).pathname.endsWith('/')) return { container: text, key: keyIn(env) }
  complain(name, problem ?? 'names no container', remedy)
  return null
}

function keyIn(env: Environment): AnchorConfig['key'] {
  const connection = setting(env, 'AzureWebJobsStorage') ?? ''
  const part = (called: string) => new RegExp(`(?:^|;)\\s*${called}=([^;]+)`, 'i').exec(connection)?.[1]?.trim()
  const [accountName, accountKey] = [part('AccountName'), part('AccountKey')]
  return accountName !== undefined && accountKey !== undefined ? { accountName, accountKey } : null
}
