/** Wipes and removals of the fake Exchange: what was executed, how the next one ends, and what a relay refuses. */
import type { DestroyCommand } from '../../functions/core/wipe.ts'
import { AppError } from '../../functions/errors.ts'
import type { CommandOutcome } from '../../functions/ports.ts'
import { failure, notFound } from './exchangeFakeRows.ts'
import type { ExchangeFakeState } from './exchangeFakeState.ts'

export interface FakeDestroys {
  /** Executed, told or not, in order. */
  readonly executed: DestroyCommand[]
  /** The relay's own switch is off. */
  isRefused: boolean
  /** Once: the conversation breaks, before or after the command was executed. */
  breaks: 'before' | 'after' | null
}

export function fakeDestroys(): FakeDestroys {
  return { executed: [], isRefused: false, breaks: null }
}

export function runFakeDestroy(fake: FakeDestroys, state: ExchangeFakeState, command: DestroyCommand): CommandOutcome {
  if (fake.isRefused) throw new AppError('conflict', 'The relay refused it (notAllowed): switched off on this relay.')
  const { breaks } = fake
  fake.breaks = null
  const head = { id: command.id, warnings: [], durationMs: 1 }
  const lost = { ...head, ok: false, failure: failure('other', 'the conversation broke', 'unknown') }
  if (breaks === 'before') return lost
  if (!state.records().some(({ guid }) => guid === command.record)) {
    return { ...head, ok: false, failure: notFound(command.record) }
  }
  fake.executed.push(command)
  if (command.kind === 'remove') state.removeDevice(command.record)
  else {
    const DeviceWipeRequestTime = command.kind === 'wipe' ? state.now().toISOString() : null
    state.putDevice({ Guid: command.record, DeviceWipeRequestTime })
  }
  return breaks === 'after' ? lost : { ...head, ok: true }
}
