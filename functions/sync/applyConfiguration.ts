/** Changes of Exchange's own configuration, one by one: read again, send, record. */
import { isConfigurationChange, type ConfigurationChange, type Outcome } from '../core/plan.ts'
import { add } from '../core/tally.ts'
import type { ExchangeConfiguration } from '../core/types.ts'
import type { StoredChange } from '../portsStore.ts'
import type { Applying } from './applying.ts'
import { auditEnded, auditSent, auditSettled } from './auditCommands.ts'
import { configurationCommand, isPolicyChange, subjectOf, valueBefore } from './configurationCommand.ts'
import { compareConfiguration } from './compareConfiguration.ts'
import { recordMended } from './drift.ts'
import { isTransient } from './isTransient.ts'
import {
  claimConfiguration,
  configurationDone,
  configurationNotDone,
  policyPrinted,
  readOwnConfiguration,
} from './ownConfiguration.ts'

export async function applyConfiguration(applying: Applying, open: readonly StoredChange[]): Promise<void> {
  const { ports, run } = applying
  const changes = open.flatMap(({ key, change }) => (isConfigurationChange(change) ? [{ key, change }] : []))
  if (changes.length === 0) return
  const now = await readNow(applying, changes)
  const own = await readOwnConfiguration(ports, run.connectorId)
  for (const { key, change } of changes) {
    const state = compareConfiguration(change, now, own)
    if (state === 'send') await send(applying, key, change)
    else await settleUnsent(applying, key, change, state, now)
  }
}

async function readNow(
  { conversation }: Applying,
  changes: readonly { readonly change: ConfigurationChange }[],
): Promise<ExchangeConfiguration> {
  return conversation.configuration(changes.some(({ change }) => isPolicyChange(change)) ? undefined : 'decisive')
}

/** A message that died may have sent it: what stands there as wanted is as good as done. */
async function settleUnsent(
  applying: Applying,
  key: string,
  change: ConfigurationChange,
  state: Outcome['state'],
  now: ExchangeConfiguration,
): Promise<void> {
  const message = state === 'changedSinceRead' ? 'changed after the plan was made; decided anew at the next sync' : null
  if (state === 'verified') await recordDone(applying, change, guidOf(change, now))
  const outcome = { state, at: applying.ports.clock.now().toISOString(), message }
  await auditSettled(applying, [{ id: key, subject: subjectOf(applying.run.connectorId, change), outcome }])
  await settle(applying, key, state, message)
}

function guidOf(change: ConfigurationChange, { mailboxPolicies }: ExchangeConfiguration): string | undefined {
  if (change.kind !== 'newPolicy') return undefined
  return mailboxPolicies.find(({ name }) => name.toLowerCase() === change.name.toLowerCase())?.guid
}

async function send(applying: Applying, key: string, change: ConfigurationChange): Promise<void> {
  const { ports, run, conversation, tally } = applying
  const command = configurationCommand(key, change)
  const subject = subjectOf(run.connectorId, change)
  const owned = await readOwnConfiguration(ports, run.connectorId)
  await claimConfiguration(ports, run.connectorId, change)
  await auditSent(applying, [{ command, subject, before: valueBefore(change) }])
  for await (const result of conversation.change(`${run.id}.${ports.newId()}`, [command])) {
    add(tally, 'commands', result.failure?.ran === 'no' ? 0 : 1)
    await auditEnded(applying, [{ subject, command, result }])
    const { failure } = result
    // Nobody knows: the next message reads the configuration again and does
    if (failure?.ran === 'unknown') return
    if (failure) await configurationNotDone(ports, run.connectorId, change, owned)
    else await recordDone(applying, change, result.guid)
    if (failure && isTransient(failure.category)) return
    await settle(applying, key, failure ? 'failed' : 'done', failure ? `${failure.category}: ${failure.message}` : null)
  }
  if (change.kind === 'newPolicy' || change.kind === 'setPolicy') {
    await policyPrinted(ports, run.connectorId, change.name, await conversation.configuration())
  }
}

async function recordDone({ ports, run }: Applying, change: ConfigurationChange, guid?: string): Promise<void> {
  await configurationDone(ports, run.connectorId, change, guid)
  if (change.mends !== undefined) await recordMended(ports, run, change.mends)
}

async function settle(
  { ports, run, tally, settled }: Applying,
  key: string,
  state: Outcome['state'],
  message: string | null,
): Promise<void> {
  await ports.store.saveOutcomes(
    run.connectorId,
    run.id,
    new Map([[key, { state, at: ports.clock.now().toISOString(), message }]]),
  )
  add(tally, `outcome.${state}`)
  settled()
}
