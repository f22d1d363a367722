/** A wipe, its cancelling, or the end of a partnership as one cmdlet, sent once: whatever is not certain is `unknown`. */
import { checkCommand, type Command } from '../../protocol/checkCommand.ts'
import type { DestroyCommand } from '../core/wipe.ts'
import { AppError } from '../errors.ts'
import type { CommandOutcome } from '../ports.ts'
import type { BatchInbox } from './batchInbox.ts'
import type { RelayChannel } from './relayChannel.ts'
import { toOutcome } from './toOutcome.ts'

/** `start` sends the batch, or throws while nothing was sent; so does a relay that refuses it. */
export async function destroyDevice(
  channel: RelayChannel,
  id: string,
  start: () => BatchInbox,
): Promise<CommandOutcome> {
  const inbox = start()
  let outcome: CommandOutcome | null = null
  try {
    for (;;) {
      const event = await inbox.next()
      if (event.kind === 'end') break
      if (event.kind === 'rows') channel.take(event.rows.length)
      else outcome = toOutcome(event.result, undefined)
    }
  } catch (error) {
    if (inbox.isRefused) throw error
    outcome ??= unknown(id, error instanceof Error ? error.message : String(error))
  }
  return outcome ?? unknown(id, 'the relay ended the batch without an outcome')
}

/** `dialect`: of the relay's Exchange. Throws AppError conflict for what Exchange 2010 cannot, internal for what must never be sent. */
export function toDestroyCommand(command: DestroyCommand, dialect: 'ActiveSyncDevice' | 'MobileDevice'): Command {
  if (command.kind !== 'remove' && command.accountOnly && dialect === 'ActiveSyncDevice') {
    const message = 'This Exchange cannot wipe the account alone; wipe the whole phone, or remove the partnership.'
    throw new AppError('conflict', message)
  }
  const built = { id: command.id, ...cmdletOf(command, dialect) }
  try {
    checkCommand(built, { wipe: true, removePartnership: true, mail: false })
  } catch (cause) {
    throw new AppError('internal', cause instanceof Error ? cause.message : String(cause), { cause })
  }
  return built
}

function cmdletOf(command: DestroyCommand, dialect: string): Omit<Command, 'id'> {
  const Identity = command.record
  if (command.kind === 'remove') return { cmdlet: `Remove-${dialect}`, parameters: { Identity } }
  const parameters = {
    Identity,
    ...(command.accountOnly ? { AccountOnly: true } : {}),
    ...(command.kind === 'cancelWipe' ? { Cancel: true } : {}),
  }
  return { cmdlet: `Clear-${dialect}`, parameters }
}

function unknown(id: string, message: string): CommandOutcome {
  return { id, ok: false, warnings: [], durationMs: 0, failure: { category: 'other', message, ran: 'unknown' } }
}
