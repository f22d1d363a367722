/** A planned list change against the lists as they are now: what is still to be sent. Pure; conversion of a plan to a command. */
import { deviceKey, findEntry } from '../core/deviceKey.ts'
import { membership, type EntryEdit, type ListChange } from '../core/plan.ts'
import type { ChangeCommand, DeviceLists } from '../ports.ts'

type ListCommand = Omit<Extract<ChangeCommand, { kind: 'lists' }>, 'id' | 'kind' | 'mailboxGuid'>

export interface ListEdits {
  /** Edits that are sent. */
  readonly toDo: readonly EntryEdit[]
  /** Edits whose wanted state is there already. */
  readonly verified: readonly EntryEdit[]
  /** Edits dropped because somebody else changed the entry after the plan was made. */
  readonly dropped: readonly EntryEdit[]
  readonly command: ListCommand
}

/*
 * the id stands now   | edit
 * as wanted           | verified: nothing is sent
 * as the plan saw it  | sent
 * otherwise           | dropped (changedSinceRead)
 */
export function editLists(change: ListChange, now: DeviceLists): ListEdits {
  const toDo: EntryEdit[] = []
  const verified: EntryEdit[] = []
  const dropped: EntryEdit[] = []
  const command = {
    addAllowed: [] as string[],
    removeAllowed: [] as string[],
    addBlocked: [] as string[],
    removeBlocked: [] as string[],
  }
  for (const edit of change.edits) {
    const key = deviceKey(edit.deviceId)
    const allowed = findEntry(now.allowed, key)
    const blocked = findEntry(now.blocked, key)
    const current = membership(allowed !== undefined, blocked !== undefined)
    if (current === edit.after) verified.push(edit)
    else if (current !== edit.before) dropped.push(edit)
    else {
      toDo.push(edit)
      const isOn = (list: 'allowed' | 'blocked') => edit.after === list || edit.after === 'both'
      if (isOn('allowed') && allowed === undefined) command.addAllowed.push(edit.deviceId)
      if (!isOn('allowed') && allowed !== undefined) command.removeAllowed.push(allowed)
      if (isOn('blocked') && blocked === undefined) command.addBlocked.push(edit.deviceId)
      if (!isOn('blocked') && blocked !== undefined) command.removeBlocked.push(blocked)
    }
  }
  return { toDo, verified, dropped, command }
}
