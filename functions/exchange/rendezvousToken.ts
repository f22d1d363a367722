/** Tokens of Microsoft Entra ID for Azure Relay, from a managed identity or any other Azure credential. */
import type { TokenCredential } from '@azure/core-auth'
import type { TokenProvider } from '../../protocol/rendezvous.ts'

/**
 * Both forms of the scope are in use; .NET and Java say `https://relay.azure.net//.default`, because the resource id ends in a slash.
 * Some tenants may want that one, so it can be given.
 */
const defaultRelayScope = 'https://relay.azure.net/.default'

/** The role needed is *Azure Relay Sender* (functions) or *Azure Relay Listener*. The raw JWT goes where a SAS token would. */
export function entraTokenProvider(credential: TokenCredential, options: { scope?: string } = {}): TokenProvider {
  const scope = options.scope ?? defaultRelayScope
  return async () => {
    const given = await credential.getToken(scope)
    if (given === null) {
      throw new Error(
        `The Azure credential gave no token for ${scope}. Assign an identity to the function app, or use a SAS key.`,
      )
    }
    return { token: given.token, expiresAt: given.expiresOnTimestamp }
  }
}
