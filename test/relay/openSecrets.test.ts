import { expect, test } from 'vitest'
import { newKeyPair } from '../../protocol/signing.ts'
import { parseConfig } from '../../relay/config.ts'
import { openSecrets, secretVariables, type Vault } from '../../relay/openSecrets.ts'
import { noVault, vaultFor } from '../../relay/vault.ts'

const config = parseConfig(
  JSON.stringify({
    connectorId: 'contoso',
    rendezvous: { address: 'wss://c.servicebus.windows.net/$hc/x', keyName: 'listen', key: { protected: 'a2V5' } },
    cloudKeys: [newKeyPair().publicKey],
    stateDir: '/state',
    connection: { server: 'ex01', account: { user: 'C\\ex', password: { env: 'EX_PW' } } },
    proxy: {
      address: 'http://proxy:8080',
      account: { user: 'p', password: { protected: 'cHJveHk=' } },
      bypass: ['a', 'b'],
    },
  }),
  '/etc/easgate/relay.json',
)
const opens: Vault = { ...noVault, open: async (text) => Buffer.from(text, 'base64').toString() }
const open = async (env: NodeJS.ProcessEnv, vault: Vault) => openSecrets(config, { file: 'relay.json', env, vault })

test('every reference becomes its secret, and everything else stays', async () => {
  expect(await open({ EX_PW: 's3cret' }, opens)).toEqual({
    ...config,
    rendezvous: { ...config.rendezvous, key: 'key' },
    connection: { ...config.connection, account: { user: 'C\\ex', password: 's3cret' } },
    proxy: { ...config.proxy, account: { user: 'p', password: 'proxy' } },
  })
})

test('all secrets that cannot be had are named at once, with what to do', async () => {
  const error = await open({ EX_PW: '' }, noVault).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    problems: expect.arrayContaining([
      expect.stringMatching(
        /^rendezvous.key: it was protected by DPAPI on a Windows computer; give the secret in an env/,
      ),
      expect.stringMatching(/^connection.account.password: the environment variable EX_PW is not set; set it/),
      expect.stringMatching(/^proxy.account.password: it was protected/),
    ]),
  })
})

test('all are asked for together, so that one process can open them', async () => {
  let waiting = 0
  let most = 0
  const vault: Vault = {
    ...noVault,
    open: async () => {
      most = Math.max(most, (waiting += 1))
      await new Promise(setImmediate)
      waiting -= 1
      return 'x'
    },
  }
  await open({ EX_PW: 'x' }, vault)
  expect(most).toBe(2)
})

test('the variables that hold secrets are known, so that children do not inherit them', () => {
  expect(secretVariables(config)).toEqual(['EX_PW'])
})

test('without DPAPI nothing is stored', async () => {
  const windows = async () => Promise.reject(new Error('never called'))
  const vault = vaultFor('/state', { platform: 'linux', windows })
  await expect(vault.protect('s3cret')).rejects.toThrow(/stores no secret.*environment variable/)
})
