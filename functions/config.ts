/** The app settings, read once: a Config, or every problem with them at once. Never throws: an entry file that throws shows no function at all. */
import { signerFrom, type Signer } from '../protocol/signing.ts'
import { readActivation, type ActivationConfig } from './configActivation.ts'
import { readAnchors, type AnchorConfig } from './configAnchors.ts'
import { readConnectors, type ConnectorConfig } from './configConnectors.ts'
import { readOrigin } from './configEndpoint.ts'
import { readSecret, setting, type Complain, type ConfigProblem, type Environment } from './configSetting.ts'
import { readStorage, type StorageConfig } from './configStorage.ts'

export interface Config {
  readonly connectors: readonly ConnectorConfig[]
  /** Signs every batch; the private key itself is not kept beside it. */
  readonly signer: Signer
  /** Public keys that join files name: the signer's, and those that are to follow it. */
  readonly cloudKeys: readonly string[]
  readonly storage: StorageConfig
  /** null: the audit's heads are kept nowhere else. */
  readonly anchors: AnchorConfig | null
  readonly tablePrefix: string
  /** An origin such as `https://graph.microsoft.com`. */
  readonly graphEndpoint: string
  readonly relayTokenScope: string
  /** Of a user-assigned managed identity; null: the system-assigned one. */
  readonly clientId: string | null
  readonly activation: ActivationConfig
}

export type ConfigResult =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** facts/azure-relay-protocol.md 3.2: some clouds want two slashes before `.default`, so it is a setting. */
const defaultRelayTokenScope = 'https://relay.azure.net/.default'

export function readConfig(env: Environment): ConfigResult {
  const problems: ConfigProblem[] = []
  const complain: Complain = (setting, problem, remedy) => void problems.push({ setting, problem, remedy })
  const connectors = readConnectors(env, complain)
  const signers = readSigners(env, complain)
  const storage = readStorage(env, complain)
  const rest = {
    anchors: readAnchors(env, complain),
    tablePrefix: readTablePrefix(env, complain),
    graphEndpoint: readOrigin(env, 'GRAPH_ENDPOINT', 'https://graph.microsoft.com', complain),
    relayTokenScope: setting(env, 'RELAY_TOKEN_SCOPE') ?? defaultRelayTokenScope,
    clientId: setting(env, 'AZURE_CLIENT_ID') ?? null,
    activation: readActivation(env, complain),
  }
  for (const name of ['FULL_SYNC_SCHEDULE', 'QUICK_SYNC_SCHEDULE', 'PRESENCE_SCHEDULE'])
    checkSchedule(env, name, complain)
  checkSwitches(env, complain)
  const [signer] = signers
  if (problems.length > 0 || !signer || !storage) return { ok: false, problems }
  const cloudKeys = signers.map(({ publicKey }) => publicKey)
  return { ok: true, config: { connectors, signer, cloudKeys, storage, ...rest } }
}

/** A problem as a sentence for logs and answers. */
export function problemText({ setting, problem, remedy }: ConfigProblem): string {
  return `${setting} ${problem}; ${remedy}`
}

/** The first key signs; another behind it, after a space, is named in join files, so that relays know it before it signs (SECURITY.md, rotation). */
function readSigners(env: Environment, complain: Complain): readonly Signer[] {
  const name = 'EASGATE_SIGNING_KEY'
  const remedy =
    'make one with "openssl genpkey -algorithm ed25519 -outform DER | base64 -w0" and give the app a Key Vault reference to it'
  const keys = readSecret(env, name, remedy, complain)
  if (keys === null) return []
  return keys.split(/\s+/).flatMap((key, index, { length }) => {
    try {
      return [signerFrom(key)]
    } catch {
      // The cause is left out on purpose: nothing of a key's text may reach a log.
      const which = length === 1 ? '' : ` (number ${index + 1} of ${length})`
      complain(name, `is not an Ed25519 private key in base64 PKCS#8 DER${which}`, remedy)
      return []
    }
  })
}

function readTablePrefix(env: Environment, complain: Complain): string {
  const prefix = setting(env, 'EASGATE_TABLE_PREFIX') ?? 'easgate'
  // A table's name has 3 to 63 letters and digits and starts with a letter; 32 leave room for the longest of ours.
  if (!/^[a-zA-Z][a-zA-Z0-9]{0,31}$/.test(prefix))
    complain(
      'EASGATE_TABLE_PREFIX',
      'is not 1 to 32 letters and digits starting with a letter',
      'use such a prefix, or leave it out for "easgate"',
    )
  return prefix
}

/** The host knows the finer points of NCRONTAB; what is refused here would leave the timer silently missing. */
function checkSchedule(env: Environment, name: string, complain: Complain): void {
  const schedule = setting(env, name)
  if (schedule === undefined || /^[\d*,/-]+( [\d*,/-]+){3} [\dA-Za-z*,/-]+ [\dA-Za-z*,/-]+$/.test(schedule)) return
  complain(
    name,
    'is not an NCRONTAB expression of six fields, seconds first',
    'use one such as "0 0 2 * * *", or leave it out for the default',
  )
}

function checkSwitches(env: Environment, complain: Complain): void {
  for (const name of ['EASGATE_ADMIN_LOOPBACK', 'EASGATE_BUILT_IN_AUTH']) {
    const text = setting(env, name)?.toLowerCase()
    if (text !== undefined && text !== 'true' && text !== 'false')
      complain(name, 'is neither true nor false', 'use one of them')
  }
}
