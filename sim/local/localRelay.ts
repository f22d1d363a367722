/** One relay of the local stack: its own folder, key and PowerShell stand-in, all of one connector. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Child, ChildOptions } from './child.ts'
import { programFile, root } from './programFiles.ts'
import type { MailAccount } from './surroundings.ts'

const standIn = path.join(root, 'sim/exchange/pwsh')

export interface LocalRelay {
  readonly child: Child
  /** What an administrator compares and approves. */
  readonly fingerprint: string
  readonly publicKey: string
  /** Its configuration file. */
  readonly config: string
}

export interface RelaySettings {
  readonly connectorId: string
  /** Made where it is missing; a relay that is started again in the same folder keeps its key. */
  readonly folder: string
  readonly address: string
  readonly listenKey: string
  readonly cloudKey: string
  readonly exchangeUrl: string
  /** The notification account, and where its Autodiscover and EWS are; left out: none. */
  readonly mail?: MailAccount & { readonly ewsUrl: string }
  readonly parallel: number
  /** Its own switches; left out: off. */
  readonly allow?: { readonly wipe?: boolean; readonly removePartnership?: boolean } | undefined
  /** Takes the place of the connector that serves the Exchange organization. */
  readonly replace?: boolean | undefined
  /** Default: what the environment names, or the stand-in; see `powershellOf`. */
  readonly powershell?: { readonly executable: string; readonly modulePath?: string } | undefined
  readonly nodeOptions?: readonly string[] | undefined
}

/** Resolves when the relay is registered at the rendezvous; nobody has approved it then. */
export async function startRelay(
  start: (options: ChildOptions) => Child,
  settings: RelaySettings,
): Promise<LocalRelay> {
  const { folder, exchangeUrl, mail, nodeOptions = [] } = settings
  mkdirSync(folder, { recursive: true })
  const config = path.join(folder, 'relay.config.json')
  writeFileSync(config, JSON.stringify(configuration(settings)), { mode: 0o600 })
  const child = start({
    name: 'relay',
    script: programFile('relay/main.js'),
    args: ['run', '--config', config, '--with-parent'],
    env: { EASGATE_SIM_EXCHANGE: exchangeUrl, EASGATE_LISTEN_KEY: settings.listenKey, ...mailEnvironment(mail) },
    nodeOptions,
  })
  await child.ready
  const shown = readFileSync(path.join(folder, 'state', 'relay.json'), 'utf8')
  const { fingerprint, publicKey } = JSON.parse(shown) as Pick<LocalRelay, 'fingerprint' | 'publicKey'>
  return { child, fingerprint, publicKey, config }
}

/** What an administrator's tools would write. */
function configuration(settings: RelaySettings) {
  const { connectorId, address, cloudKey, parallel, mail, allow, replace = false } = settings
  const powershell = settings.powershell ?? powershellOf(process.env)
  return {
    connectorId,
    replace,
    rendezvous: { address, keyName: 'relay', key: { env: 'EASGATE_LISTEN_KEY' } },
    cloudKeys: [cloudKey],
    ...(allow && { allow }),
    stateDir: 'state',
    powershell: { ...powershell, parallel },
    connection: { server: 'ex1.contoso.com' },
    ...(mail && { mail: mailSection(mail, powershell.executable === standIn) }),
  }
}

/** The stand-in finds EWS by Autodiscover; a real PowerShell would ask a real Active Directory, so it is told. */
function mailSection({ user, address, ewsUrl }: NonNullable<RelaySettings['mail']>, isStandIn: boolean) {
  return {
    from: address,
    account: { user, password: { env: 'EASGATE_MAIL_PASSWORD' } },
    authentication: 'Basic',
    ...(!isStandIn && { ewsUrl: `${ewsUrl}/EWS/Exchange.asmx` }),
  }
}

function mailEnvironment(mail: RelaySettings['mail']): Record<string, string> {
  if (!mail) return {}
  const point = `${mail.ewsUrl}/autodiscover/autodiscover.xml`
  return { EASGATE_MAIL_PASSWORD: mail.password, EASGATE_SIM_CONNECTION_POINT: point }
}

/**
 * The stand-in, unless EASGATE_RELAY_PWSH names a real PowerShell and EASGATE_RELAY_MODULE a module for it that takes the simulated Exchange for
 * Exchange (test/relay/fixtures/SimulatedExchange.psm1).
 */
function powershellOf({
  EASGATE_RELAY_PWSH: executable = standIn,
  EASGATE_RELAY_MODULE: modulePath,
}: NodeJS.ProcessEnv) {
  return { executable, ...(modulePath !== undefined && { modulePath }) }
}
