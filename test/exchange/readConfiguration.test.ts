import { describe, expect, test } from 'vitest'
import type { CommandResult, Row } from '../../protocol/messages.ts'
import { exchangeUnderTest } from './exchangeUnderTest.ts'
import { relayStarter } from './relayStarter.ts'
import { connectorId, relayInfo } from './scriptedRelay.ts'

const start = relayStarter()

const rows: Record<string, Row> = {
  'Get-ActiveSyncOrganizationSettings': { DefaultAccessLevel: 'Block' },
  'Get-ActiveSyncDeviceAccessRule': { Guid: 'r', QueryString: 'q', Characteristic: 'DeviceOS', AccessLevel: 'Allow' },
  'Get-ActiveSyncDeviceClass': { DeviceType: 'iPhone', DeviceModel: 'X' },
  'Get-ExchangeServer': { Name: 'EX1' },
  'Get-MobileDeviceMailboxPolicy': { Guid: 'p', Name: 'Mobile' },
  'Get-ActiveSyncMailboxPolicy': { Guid: 'p', Name: 'ActiveSync' },
}

/** A relay that answers each cmdlet with its row, or with the failure given for it. */
async function underTest(failures: Record<string, Partial<CommandResult>> = {}, dialect = 'MobileDevice') {
  const relay = await start({
    welcome: { relay: { ...relayInfo, dialect } },
    onBatch: async (batch, talk) => {
      for (const { id, cmdlet } of batch.commands.toReversed()) {
        const row = rows[cmdlet]
        const failure = failures[cmdlet]
        if (row && !failure) await talk.rows(batch, [row], id)
        talk.results(batch, [{ commandId: id, rowCount: 1, ...failure }])
      }
      talk.end(batch)
    },
  })
  const { exchange, logged } = exchangeUnderTest([relay])
  const read = () => exchange.converse(connectorId, (conversation) => conversation.configuration())
  return { relay, read, logged }
}

const failed = (category: 'cmdletHidden' | 'accessDenied' | 'throttled') =>
  ({ ok: false, rowCount: 0, error: { category, message: 'no' } }) as const

describe('the configuration', () => {
  test.each([
    ['MobileDevice', 'Mobile'],
    ['ActiveSyncDevice', 'ActiveSync'],
  ])('is read in one batch, in the dialect %s', async (dialect, policy) => {
    const { relay, read } = await underTest({}, dialect)
    expect(await read()).toEqual({
      organization: 'Contoso',
      defaultLevel: 'block',
      userMailInsert: null,
      adminMailRecipients: [],
      rules: [{ guid: 'r', queryString: 'q', characteristic: 'DeviceOS', level: 'allow' }],
      servers: [{ name: 'EX1', fqdn: null, role: '', version: '' }],
      deviceClasses: [{ type: 'iPhone', model: 'X' }],
      mailboxPolicies: [{ guid: 'p', name: policy, properties: {} }],
    })
    expect(relay.batches).toHaveLength(1)
  })

  test.each(['Get-ActiveSyncOrganizationSettings', 'Get-ActiveSyncDeviceAccessRule'])(
    'cannot be read without %s',
    async (cmdlet) => {
      const { read } = await underTest({ [cmdlet]: failed('cmdletHidden') })
      await expect(read()).rejects.toMatchObject({
        code: 'exchangeFailed',
        retryable: false,
        message: expect.stringMatching(new RegExp(`${cmdlet} failed .cmdletHidden.*role`)),
      })
    },
  )

  test.each(['cmdletHidden', 'accessDenied'] as const)(
    'does without what people only look at (%s)',
    async (category) => {
      const hidden = ['Get-ActiveSyncDeviceClass', 'Get-ExchangeServer', 'Get-MobileDeviceMailboxPolicy']
      const { read, logged } = await underTest(Object.fromEntries(hidden.map((cmdlet) => [cmdlet, failed(category)])))
      expect(await read()).toMatchObject({ servers: [], deviceClasses: [], mailboxPolicies: [], defaultLevel: 'block' })
      expect(logged.map((line) => line.event)).toEqual(Array(3).fill('exchange.configurationHidden'))
    },
  )

  test('but not when it merely failed this time', async () => {
    const { read } = await underTest({ 'Get-ExchangeServer': failed('throttled') })
    await expect(read()).rejects.toMatchObject({ code: 'exchangeFailed', retryable: true })
  })
})
