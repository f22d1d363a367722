/** Dials the rendezvous of a connector, as its configuration says: with a shared access rule, or as the managed identity. */
import type { TokenCredential } from '@azure/core-auth'
import { limits, subprotocol } from '../protocol/messages.ts'
import { sasTokenProvider } from '../protocol/rendezvous.ts'
import type { Config } from './config.ts'
import { AppError } from './errors.ts'
import type { RelayExchangeOptions } from './exchange/relayExchange.ts'
import { connect } from './exchange/rendezvous.ts'
import { entraTokenProvider } from './exchange/rendezvousToken.ts'

export function openRelaySocket(
  { connectors, relayTokenScope: scope }: Pick<Config, 'connectors' | 'relayTokenScope'>,
  credential: TokenCredential,
): RelayExchangeOptions['open'] {
  return async (connectorId) => {
    const connector = connectors.find(({ id }) => id === connectorId)
    if (!connector) {
      const message = `connector ${connectorId} is not in EASGATE_CONNECTORS any more; add it again, or leave its runs to fail`
      throw new AppError('badConfiguration', message)
    }
    const { address, rule } = connector.rendezvous
    const tokenProvider = rule ? sasTokenProvider(rule) : entraTokenProvider(credential, { scope })
    return connect({ address, tokenProvider, subprotocol, maxPayloadBytes: limits.frameBytes })
  }
}
