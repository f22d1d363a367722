/** One relay of the local stack: its own folder, key and PowerShell stand-in, all of one connector. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Child, ChildOptions } from './child.ts'
import { programFile, root } from './programFiles.ts'

export interface LocalRelay {
  readonly child: Child
  /** What an administrator compares and approves. */
  readonly fingerprint: string
  readonly publicKey: string
}

export interface RelaySettings {
  readonly connectorId: string
  /** Made where it is missing; a relay that is started again in the same folder keeps its key. */
  readonly folder: string
  readonly address: string
  readonly listenKey: string
  readonly cloudKey: string
  readonly exchangeUrl: string
  readonly parallel: number
  readonly nodeOptions?: readonly string[] | undefined
}

/** Resolves when the relay is registered at the rendezvous; nobody has approved it then. */
export async function startRelay(
  start: (options: ChildOptions) => Child,
  settings: RelaySettings,
): Promise<LocalRelay> {
  const { folder, exchangeUrl, nodeOptions = [] } = settings
  mkdirSync(folder, { recursive: true })
  const config = path.join(folder, 'relay.config.json')
  writeFileSync(config, JSON.stringify(configuration(settings)), { mode: 0o600 })
  const child = start({
    name: 'relay',
    script: programFile('relay/main.js'),
    args: ['run', '--config', config, '--with-parent'],
    env: { EASGATE_SIM_EXCHANGE: exchangeUrl, EASGATE_LISTEN_KEY: settings.listenKey },
    nodeOptions,
  })
  await child.ready
  const shown = readFileSync(path.join(folder, 'state', 'relay.json'), 'utf8')
  const { fingerprint, publicKey } = JSON.parse(shown) as Pick<LocalRelay, 'fingerprint' | 'publicKey'>
  return { child, fingerprint, publicKey }
}

/** What an administrator's tools would write; the stand-in takes the place of powershell.exe. */
function configuration({ connectorId, address, cloudKey, parallel }: RelaySettings): object {
  return {
    connectorId,
    rendezvous: { address, keyName: 'relay', key: { env: 'EASGATE_LISTEN_KEY' } },
    cloudKeys: [cloudKey],
    stateDir: 'state',
    powershell: { executable: path.join(root, 'sim/exchange/pwsh'), parallel },
    connection: { server: 'ex1.contoso.com' },
  }
}
