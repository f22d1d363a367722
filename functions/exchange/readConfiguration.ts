/** Reads Exchange's own configuration in one batch. */
import type { Welcome } from '../../protocol/messages.ts'
import type { ExchangeConfiguration } from '../core/types.ts'
import { fromExchangeConfiguration } from './fromExchangeConfiguration.ts'
import { readAll, type ReadAnswer, type ReadOptions } from './readBatch.ts'
import type { RelayChannel } from './relayChannel.ts'

/*
 *   cmdlet                                 hidden from the account
 *   Get-ActiveSyncOrganizationSettings     error: nothing can be decided without the default
 *   Get-ActiveSyncDeviceAccessRule         error: nor without the rules
 *   the rest: only shown to people         empty, and a warning in the log
 */
/** Throws AppError exchangeFailed or incompleteInventory. */
export async function readConfiguration(
  channel: RelayChannel,
  relay: Welcome['relay'],
  scope: 'decisive' | undefined,
  options: ReadOptions,
): Promise<ExchangeConfiguration> {
  const commands = cmdlets(relay.dialect)
    .slice(0, scope === 'decisive' ? required : undefined)
    .map((cmdlet) => ({ cmdlet, parameters: {} }))
  const answers = await readAll(channel, commands, options)
  const rows = answers.map((answer, index) => rowsOf(answer, commands[index]?.cmdlet ?? '', index < required, options))
  const [settings = [], rules = [], classes = [], servers = [], policies = []] = rows
  return fromExchangeConfiguration({ settings, rules, classes, servers, policies }, relay.organization)
}

/** The first `required` of them cannot be done without. */
const required = 2

function cmdlets(dialect: Welcome['relay']['dialect']): string[] {
  return [
    'Get-ActiveSyncOrganizationSettings',
    'Get-ActiveSyncDeviceAccessRule',
    'Get-ActiveSyncDeviceClass',
    'Get-ExchangeServer',
    dialect === 'MobileDevice' ? 'Get-MobileDeviceMailboxPolicy' : 'Get-ActiveSyncMailboxPolicy',
  ]
}

function rowsOf(answer: ReadAnswer, cmdlet: string, isRequired: boolean, { log }: ReadOptions) {
  if (!answer.problem) return answer.rows
  const category = answer.result.error?.category
  const isHidden = category === 'cmdletHidden' || category === 'accessDenied'
  if (isRequired || !isHidden) throw answer.problem
  log.warn('exchange.configurationHidden', { cmdlet, category })
  return []
}
