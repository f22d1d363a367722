/** The app's managed identity. Its library is loaded when a token is first asked for: it costs a cold start 0.1 s, and development needs none. */
import type { TokenCredential } from '@azure/core-auth'
import { isLoopback } from './configEndpoint.ts'

/** `clientId`: of a user-assigned identity; null for the system-assigned one. Not DefaultAzureCredential: production must not probe a chain. */
export function managedIdentity(clientId: string | null): TokenCredential {
  let loading: Promise<TokenCredential> | undefined
  const load = async (): Promise<TokenCredential> => {
    const { ManagedIdentityCredential } = await import('@azure/identity')
    return clientId === null ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId })
  }
  return {
    async getToken(scopes, options) {
      loading ??= load()
      return (await loading).getToken(scopes, options)
    },
  }
}

/** A Graph on loopback is a stand-in and gets no token: ours must not leave for anything but Microsoft's. */
export function graphCredential(endpoint: string, credential: TokenCredential): TokenCredential | null {
  return isLoopback(new URL(endpoint).hostname) ? null : credential
}
