// Two relays of one connector, each with its own sessions and its own memory, on real sockets and one simulated Exchange.
import { expect, test } from 'vitest'
import type { Command } from '../../protocol/checkCommand.ts'
import { invokeOver, serveExchange, type Served } from '../sim/exchange/startExchange.ts'
import { serveSide } from './serveSide.ts'
import { ex1, ex2, guidOf, startExchangeSide, world } from './startExchangeSide.ts'

const rule = { Guid: guidOf(900), QueryString: 'iPad', Characteristic: 'DeviceType', AccessLevel: 'Allow' }
const other = { Guid: guidOf(901), QueryString: 'WP8', Characteristic: 'DeviceType', AccessLevel: 'Allow' }
const listed = (Guid: string) => ({
  Guid,
  ActiveSyncAllowedDeviceIDs: ['OLD', 'KEPT'],
  ActiveSyncBlockedDeviceIDs: ['BAD'],
})
const start = {
  ...world,
  mailboxes: world.mailboxes.map(({ Guid }) => listed(Guid)),
  accessRules: [rule, other],
  mailboxPolicies: [{ Name: 'Default', IsDefault: true }, { Name: 'Strict' }, { Name: 'Gone' }],
}

/** One of every kind of change, for 20 mailboxes: allow, block, move between the lists, take back, set what is set already. */
function batchOf(): Command[] {
  const lists = Array.from({ length: 20 }, (_, index): [string, Command['parameters']] => [
    'Set-CASMailbox',
    {
      Identity: guidOf(index),
      ActiveSyncAllowedDeviceIDs: { Add: [`NEW${index}`, 'BAD'], Remove: ['OLD'] },
      ActiveSyncBlockedDeviceIDs: { Add: ['OLD'], Remove: ['BAD', 'NEVER'] },
    },
  ])
  const rest: [string, Command['parameters']][] = [
    ['Set-CASMailbox', { Identity: guidOf(3), ActiveSyncMailboxPolicy: 'Strict' }],
    ['Set-ActiveSyncOrganizationSettings', { DefaultAccessLevel: 'Quarantine' }],
    ['Set-ActiveSyncDeviceAccessRule', { Identity: rule.Guid, AccessLevel: 'Block' }],
    ['New-ActiveSyncDeviceAccessRule', { QueryString: 'Moto', Characteristic: 'DeviceType', AccessLevel: 'Block' }],
    ['Remove-ActiveSyncDeviceAccessRule', { Identity: other.Guid }],
    ['Set-MobileDeviceMailboxPolicy', { Identity: 'Strict', PasswordEnabled: true, MinPasswordLength: 6 }],
    ['New-MobileDeviceMailboxPolicy', { Name: 'New', PasswordEnabled: true }],
    ['Remove-MobileDeviceMailboxPolicy', { Identity: 'Gone' }],
  ]
  return [...lists, ...rest].map(([cmdlet, parameters], index) => ({ id: `w${index}`, cmdlet, parameters }))
}

/** What an administrator would see, but for the Guids of what Exchange made and the times of changes: those are Exchange's own. */
async function stateOf({ url, get, post }: Served): Promise<unknown> {
  const { organizationSettings, accessRules, mailboxes } = await get('/_sim/state')
  const { shell } = await post('/shells', {})
  const ask = async (cmdlet: string) => (await invokeOver(url, { shell, cmdlet })).rows
  const policies = await ask('Get-MobileDeviceMailboxPolicy')
  const assigned = (await ask('Get-CASMailbox')).map((row) => row['ActiveSyncMailboxPolicy'])
  const state = { organizationSettings, accessRules, mailboxes, policies, assigned }
  return JSON.parse(JSON.stringify(state, (key, value) => (/^(Guid|WhenChanged(UTC)?)$/.test(key) ? undefined : value)))
}

async function relayOn(exchange: Served, server: string) {
  const side = await startExchangeSide({ exchange, server, parallel: 3 })
  return serveSide(side)
}

test('a batch of changes that one relay ran, and another one repeats, ends in the same state', async () => {
  const exchange = await serveExchange(start)
  const before = await stateOf(exchange)
  const [one, two] = [await relayOn(exchange, ex1), await relayOn(exchange, ex2)]
  const commands = batchOf()
  const first = await (await one.connect().hello()).run(commands, { batchId: 'b1' })
  expect(first.results.filter(({ ok }) => !ok)).toEqual([])
  const after = await stateOf(exchange)
  expect(after).not.toEqual(before)

  const second = await (await two.connect().hello()).run(commands, { batchId: 'b1' })
  // It has no memory of the batch: it ran every command.
  expect(second.repeated).toBe(false)
  expect(await stateOf(exchange)).toEqual(after)
  // What is there or gone already says so; everything else says that it is as it should be.
  const failed = second.results
    .filter(({ ok }) => !ok)
    .map(({ commandId, error }) => `${cmdletOf(commands, commandId)} ${error?.category}`)
  expect(new Set(failed)).toEqual(
    new Set([
      'New-ActiveSyncDeviceAccessRule other',
      'New-MobileDeviceMailboxPolicy other',
      'Remove-ActiveSyncDeviceAccessRule notFound',
      'Remove-MobileDeviceMailboxPolicy notFound',
    ]),
  )
})

function cmdletOf(commands: readonly Command[], id: string): string {
  return commands.find((command) => command.id === id)?.cmdlet ?? ''
}

test('both at the same time end in that state, too', async () => {
  const alone = await serveExchange(start)
  await (await (await relayOn(alone, ex1)).connect().hello()).run(batchOf())
  const exchange = await serveExchange(start)
  const relays = [await relayOn(exchange, ex1), await relayOn(exchange, ex2)]
  await Promise.all(relays.map(async ({ connect }) => (await connect().hello()).run(batchOf(), { batchId: 'b1' })))
  expect(await stateOf(exchange)).toEqual(await stateOf(alone))
})

test('when the first relay dies in the middle, the other one brings the batch to its end', async () => {
  const alone = await serveExchange(start)
  await (await (await relayOn(alone, ex1)).connect().hello()).run(batchOf())
  const exchange = await serveExchange(start)
  await exchange.post('/_sim/faults', { latencyMs: 10 })
  const [one, two] = [await relayOn(exchange, ex1), await relayOn(exchange, ex2)]
  const cloud = await one.connect().hello()
  cloud.batch(batchOf(), { batchId: 'b1' })
  await cloud.body(({ type }) => type === 'results')
  process.kill(one.side.host.pid ?? 0, 'SIGKILL')
  cloud.socket.terminate()
  await (await two.connect().hello()).run(batchOf(), { batchId: 'b1' })
  expect(await stateOf(exchange)).toEqual(await stateOf(alone))
})
