/** A planned change of the configuration as the command that makes it, and how the audit names it. Pure. */
import type { ConfigurationChange } from '../core/plan.ts'
import type { ChangeCommand } from '../ports.ts'

export function configurationCommand(id: string, change: ConfigurationChange): ChangeCommand {
  switch (change.kind) {
    case 'defaultLevel':
      return { id, kind: 'defaultLevel', level: change.after }
    case 'userMailInsert':
      return { id, kind: 'userMailInsert', text: change.after ?? '' }
    case 'adminMailRecipients':
      return { id, kind: 'adminMailRecipients', addresses: change.after }
    case 'newRule': {
      const { queryString, characteristic, level } = change.rule
      return { id, kind: 'newRule', queryString, characteristic: characteristic as 'DeviceType' | 'DeviceModel', level }
    }
    case 'setRule':
      return { id, kind: 'setRule', guid: change.rule.guid ?? '', level: change.level }
    case 'removeRule':
      return { id, kind: 'removeRule', guid: change.rule.guid ?? '' }
    case 'newPolicy':
      return { id, kind: 'newPolicy', name: change.name, properties: change.properties }
    case 'setPolicy':
      return { id, kind: 'setPolicy', guid: change.guid, properties: change.properties }
    case 'removePolicy':
      return { id, kind: 'removePolicy', guid: change.guid }
  }
}

/** The thing that the audit's rows name. */
export function subjectOf(connectorId: string, change: ConfigurationChange): string {
  if (isPolicyChange(change)) return 'guid' in change ? change.guid : change.name
  return 'rule' in change ? (change.rule.guid ?? change.rule.queryString) : connectorId
}

/** What stood there when the plan was made. */
export function valueBefore(change: ConfigurationChange): unknown {
  if (change.kind === 'newRule' || change.kind === 'newPolicy') return null
  if ('rule' in change) return change.rule
  return change.kind === 'removePolicy' ? { name: change.name } : change.before
}

export function isPolicyChange(
  change: ConfigurationChange,
): change is Extract<ConfigurationChange, { kind: 'newPolicy' | 'setPolicy' | 'removePolicy' }> {
  return change.kind === 'newPolicy' || change.kind === 'setPolicy' || change.kind === 'removePolicy'
}
