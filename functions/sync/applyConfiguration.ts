/** Changes of Exchange's own configuration, one by one: read again, send, record. */
import type { ConfigurationChange, Outcome } from '../core/plan.ts'
import { add } from '../core/tally.ts'
import type { AccessRule, ExchangeConfiguration } from '../core/types.ts'
import type { ChangeCommand } from '../ports.ts'
import type { StoredChange } from '../portsStore.ts'
import type { Applying } from './applying.ts'
import { auditEnded, auditSent, auditSettled } from './auditCommands.ts'
import { isTransient } from './isTransient.ts'
import {
  claimConfiguration,
  configurationDone,
  configurationNotDone,
  readOwnConfiguration,
} from './ownConfiguration.ts'

export async function applyConfiguration(applying: Applying, open: readonly StoredChange[]): Promise<void> {
  const changes = open.flatMap(({ key, change }) =>
    change.kind === 'lists' || change.kind === 'adopt' ? [] : [{ key, change }],
  )
  if (changes.length === 0) return
  const now = await applying.conversation.configuration('decisive')
  for (const { key, change } of changes) {
    const state = compare(change, now)
    if (state === 'send') await send(applying, key, change)
    else await settleUnsent(applying, key, change, state)
  }
}

/** A message that died may have sent it: what stands there as wanted is as good as done. */
async function settleUnsent(
  applying: Applying,
  key: string,
  change: ConfigurationChange,
  state: Outcome['state'],
): Promise<void> {
  const { ports, run } = applying
  const message = state === 'changedSinceRead' ? 'changed after the plan was made; decided anew at the next sync' : null
  if (state === 'verified') await configurationDone(ports, run.connectorId, change)
  const outcome = { state, at: ports.clock.now().toISOString(), message }
  await auditSettled(applying, [{ id: key, subject: subjectOf(applying, change), outcome }])
  await settle(applying, key, state, message)
}

function subjectOf({ run }: Applying, change: ConfigurationChange): string {
  return change.kind === 'defaultLevel' ? run.connectorId : (change.rule.guid ?? change.rule.queryString)
}

/*
 * change        | verified when              | sent when                    | else
 * defaultLevel  | it is as wanted            | it is as the plan saw it     | changedSinceRead
 * newRule       | the rule is there, as wanted | no rule of its text is there | changedSinceRead
 * setRule       | it has the level           | it has the level the plan saw | gone, or changedSinceRead
 * removeRule    | -                          | it is there                  | verified: it is gone
 */
function compare(change: ConfigurationChange, now: ExchangeConfiguration): 'send' | Outcome['state'] {
  if (change.kind === 'defaultLevel') {
    if (now.defaultLevel === change.after) return 'verified'
    return now.defaultLevel === change.before ? 'send' : 'changedSinceRead'
  }
  if (change.kind === 'newRule') {
    const there = now.rules.find((rule) => isSameText(rule, change.rule))
    if (!there) return 'send'
    return there.level === change.rule.level ? 'verified' : 'changedSinceRead'
  }
  const rule = now.rules.find(({ guid }) => guid === change.rule.guid)
  if (change.kind === 'removeRule') return rule ? 'send' : 'verified'
  if (!rule) return 'gone'
  if (rule.level === change.level) return 'verified'
  return rule.level === change.rule.level ? 'send' : 'changedSinceRead'
}

function isSameText(a: AccessRule, b: AccessRule): boolean {
  return a.characteristic === b.characteristic && a.queryString.toLowerCase() === b.queryString.toLowerCase()
}

async function send(applying: Applying, key: string, change: ConfigurationChange): Promise<void> {
  const { ports, run, conversation, tally } = applying
  const command = toCommand(key, change)
  const subject = subjectOf(applying, change)
  const before = change.kind === 'defaultLevel' ? change.before : change.kind === 'newRule' ? null : change.rule
  const owned = await readOwnConfiguration(ports, run.connectorId)
  await claimConfiguration(ports, run.connectorId, change)
  await auditSent(applying, [{ command, subject, before }])
  for await (const result of conversation.change(`${run.id}.${ports.newId()}`, [command])) {
    add(tally, 'commands', result.failure?.ran === 'no' ? 0 : 1)
    await auditEnded(applying, [{ subject, command, result }])
    const { failure } = result
    // Nobody knows: the next message reads the configuration again and does
    if (failure?.ran === 'unknown') return
    if (failure) await configurationNotDone(ports, run.connectorId, change, owned)
    else await configurationDone(ports, run.connectorId, change, result.guid)
    if (failure && isTransient(failure.category)) return
    await settle(applying, key, failure ? 'failed' : 'done', failure ? `${failure.category}: ${failure.message}` : null)
  }
}

function toCommand(id: string, change: ConfigurationChange): ChangeCommand {
  switch (change.kind) {
    case 'defaultLevel':
      return { id, kind: 'defaultLevel', level: change.after }
    case 'newRule': {
      const { queryString, characteristic, level } = change.rule
      return { id, kind: 'newRule', queryString, characteristic: characteristic as 'DeviceType' | 'DeviceModel', level }
    }
    case 'setRule':
      return { id, kind: 'setRule', guid: change.rule.guid ?? '', level: change.level }
    case 'removeRule':
      return { id, kind: 'removeRule', guid: change.rule.guid ?? '' }
  }
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
