/** Step: the configuration can be read and is right, and its secrets can be opened. */
import { ConfigError, readConfig } from '../config.ts'
import { isBypassed } from '../network/bypass.ts'
import { agentFor } from '../network/dial.ts'
import { openSecrets, type OpenConfig } from '../openSecrets.ts'
import { bad, good, type CheckContext, type Finding, type Network } from './checkStep.ts'

export async function checkConfiguration(context: CheckContext): Promise<Finding> {
  const { file, env, vaultFor, known } = context
  try {
    const written = await readConfig(file)
    const config = await openSecrets(written, { file, env, vault: vaultFor(written.stateDir) })
    known.config = config
    known.network = networkOf(config)
    return good(`${file}: connector ${config.connectorId}, ${config.connection.kind} Exchange, secrets open`)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return bad(
      `${file}: ${error.problems.join('; ')}`,
      'Correct it, or run easgate-relay configure as the account of the service.',
    )
  }
}

function networkOf(config: OpenConfig): Network {
  const { protocol, hostname, port } = new URL(config.rendezvous.address)
  const isTls = protocol === 'wss:'
  const { proxy } = config
  const isProxied = proxy !== undefined && !isBypassed(hostname, proxy.bypass)
  return {
    agent: agentFor(config),
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    isTls,
    proxy: isProxied ? proxy.address : undefined,
  }
}
