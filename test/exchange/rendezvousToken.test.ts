import type { AccessToken } from '@azure/core-auth'
import { describe, expect, it } from 'vitest'
import { entraTokenProvider } from '../../functions/exchange/rendezvousToken.ts'

function credential(token: AccessToken | null) {
  const scopes: (string | string[])[] = []
  return {
    scopes,
    getToken: async (scope: string | string[]): Promise<AccessToken | null> => {
      scopes.push(scope)
      return token
    },
  }
}

describe('entraTokenProvider', () => {
  it('gives the raw JWT and its end, for the scope of Azure Relay', async () => {
    const from = credential({ token: 'a.b.c', expiresOnTimestamp: 99 })
    expect(await entraTokenProvider(from)('http://ns/p/')).toEqual({ token: 'a.b.c', expiresAt: 99 })
    await entraTokenProvider(from, { scope: 'https://relay.azure.net//.default' })('http://ns/p/')
    expect(from.scopes).toEqual(['https://relay.azure.net/.default', 'https://relay.azure.net//.default'])
  })

  it('says what to do when the credential has nothing', async () => {
    await expect(entraTokenProvider(credential(null))('http://ns/p/')).rejects.toThrow('Assign an identity')
  })
})
