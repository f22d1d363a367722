/** What the tests of the check's steps share: a context without a configuration file, and files where one is needed. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { CheckContext, CheckResult, CheckStep, Finding, Network } from '../../../relay/check/checkStep.ts'
import { runChecks } from '../../../relay/check/runChecks.ts'
import { parseConfig } from '../../../relay/config.ts'
import { installed } from '../../../relay/installed.ts'
import { agentFor } from '../../../relay/network/dial.ts'
import { openSecrets, type OpenConfig } from '../../../relay/openSecrets.ts'
import { noVault } from '../../../relay/vault.ts'
import { listenRule } from '../../contract/rendezvousFixture.ts'
import { cloudPair, connectorId } from '../cloud.ts'
import { fixtureShell, newFolder } from '../startRelay.ts'

export const env = { ...process.env, LISTEN_KEY: listenRule.key, PROXY_PASSWORD: 'Sesame42' }

export interface Given {
  readonly address?: string
  readonly config?: object
  readonly network?: Partial<Network>
  readonly context?: Partial<CheckContext>
}

export function fileWith(name: string, content: string): string {
  const file = path.join(newFolder(), name)
  writeFileSync(file, content)
  return file
}

export function configText(address: string, changes: object = {}): string {
  return JSON.stringify({
    connectorId,
    rendezvous: { address, keyName: listenRule.name, key: { env: 'LISTEN_KEY' } },
    cloudKeys: [cloudPair.publicKey],
    stateDir: newFolder(),
    powershell: { executable: fixtureShell },
    connection: { server: 'ex01.contoso.com' },
    ...changes,
  })
}

export function contextFor(file: string, changes: Partial<CheckContext> = {}): CheckContext {
  return {
    file,
    env,
    vaultFor: () => noVault,
    installed: installed(),
    sendKey: undefined,
    now: Date.now,
    known: {},
    closers: [],
    ...changes,
  }
}

/** A context as the step `configuration` leaves it. */
export async function readyContext(given: Given = {}): Promise<CheckContext> {
  const { address = 'ws://127.0.0.1:9/$hc/exchange' } = given
  const file = '/etc/easgate/relay.json'
  const config: OpenConfig = await openSecrets(parseConfig(configText(address, given.config), file), {
    file,
    env,
    vault: noVault,
  })
  const { hostname, port, protocol } = new URL(address)
  const network: Network = {
    agent: agentFor(config),
    host: hostname,
    port: port === '' ? 443 : Number(port),
    isTls: protocol === 'wss:',
    proxy: config.proxy?.address,
    ...given.network,
  }
  return contextFor(file, { known: { config, network }, ...given.context })
}

/** One step alone, as the runner would run it. */
export async function runStep(run: CheckStep['run'], context: CheckContext, timeoutMs = 20_000): Promise<Finding> {
  const [result] = await runChecks([{ name: 'name', needs: [], timeoutMs, run }], context)
  if (!result) throw new Error('no result')
  const { step: _name, ...finding } = result satisfies CheckResult
  return finding
}
