/** What a person has done to one phone: wipe, cancel, remove. Never part of a run; audited before and after. */
import type { DestroyCommand, LedgerWipe } from '../core/wipe.ts'
import { wipeProblem } from '../core/wipe.ts'
import { AppError, asAppError } from '../errors.ts'
import type { CommandOutcome, Ports } from '../ports.ts'
import type { Versioned } from '../portsStore.ts'

export interface ActionResult {
  readonly state: 'done' | 'failed' | 'unknown'
  readonly message: string | null
}

interface Asked {
  readonly connectorId: string
  readonly record: string
  /** The person's id. */
  readonly by: string
}

/** Claimed before it is sent; with an unknown outcome never sent again by itself. Throws AppError conflict, and what keeps it from being sent. */
export async function wipeDevice(
  ports: Ports,
  asked: Asked,
  { accountOnly, isAgain }: { readonly accountOnly: boolean; readonly isAgain: boolean },
): Promise<ActionResult> {
  const batchId = ports.newId()
  const command = { id: 'wipe', kind: 'wipe', record: asked.record, accountOnly } as const
  return audited(ports, asked, command, batchId, async () => {
    const claimed = await claim(ports, asked, { accountOnly, isAgain, batchId })
    let result: ActionResult
    try {
      result = await send(ports, asked, command, batchId)
    } catch (thrown) {
      // Thrown means: nothing was sent
      await end(ports, asked, claimed, { state: 'failed', message: asAppError(thrown).message })
      throw thrown
    }
    // Where this cannot be written the claim stays, and is as good as unknown
    await end(ports, asked, claimed, result)
    return result
  })
}

/** Takes back a wipe that the phone has not got yet; may be repeated. Throws AppError conflict, and what keeps it from being sent. */
export async function cancelWipe(ports: Ports, asked: Asked): Promise<ActionResult> {
  const last = await ports.store.ledgerWipe(asked.connectorId, asked.record)
  const accountOnly = last?.value.accountOnly ?? false
  const batchId = ports.newId()
  const command = { id: 'cancel', kind: 'cancelWipe', record: asked.record, accountOnly } as const
  return audited(ports, asked, command, batchId, async () => {
    const result = await send(ports, asked, command, batchId)
    if (result.state === 'done' && last)
      await ports.store.saveLedgerWipe(asked.connectorId, { ...last.value, state: 'cancelled' }, last.etag)
    return result
  })
}

/** Ends the partnership; one that is gone already is as good as ended. May be repeated. Throws AppError as above. */
export async function removePartnership(ports: Ports, asked: Asked): Promise<ActionResult> {
  const batchId = ports.newId()
  const command = { id: 'remove', kind: 'remove', record: asked.record } as const
  return audited(ports, asked, command, batchId, () => send(ports, asked, command, batchId))
}

/** Throws AppError conflict when it is not to be sent. */
async function claim(
  { store, clock }: Ports,
  { connectorId, record, by }: Asked,
  { accountOnly, isAgain, batchId }: { accountOnly: boolean; isAgain: boolean; batchId: string },
): Promise<Versioned<LedgerWipe>> {
  const before = await store.ledgerWipe(connectorId, record)
  const now = clock.now()
  const problem = wipeProblem(before?.value ?? null, isAgain, now)
  if (problem !== null) throw new AppError('conflict', `EAS record ${record}: ${problem}`)
  const claimedAt = now.toISOString()
  const value: LedgerWipe = {
    record,
    accountOnly,
    state: 'claimed',
    batchId,
    by,
    claimedAt,
    endedAt: null,
    message: null,
  }
  return { value, etag: await store.saveLedgerWipe(connectorId, value, before?.etag ?? null) }
}

async function end(
  { store, clock }: Ports,
  { connectorId }: Asked,
  { value, etag }: Versioned<LedgerWipe>,
  { state, message }: ActionResult,
): Promise<void> {
  const endedAt = clock.now().toISOString()
  await store.saveLedgerWipe(connectorId, { ...value, state, message, endedAt }, etag)
}

async function send(
  { exchange }: Ports,
  { connectorId }: Asked,
  command: DestroyCommand,
  batchId: string,
): Promise<ActionResult> {
  const outcome = await exchange.converse(connectorId, (conversation) => conversation.destroy(batchId, command))
  return resultOf(outcome, command)
}

function resultOf({ failure }: CommandOutcome, { kind }: DestroyCommand): ActionResult {
  if (!failure) return { state: 'done', message: null }
  const message = `${failure.category}: ${failure.message}`
  if (kind === 'remove' && failure.category === 'notFound') return { state: 'done', message: 'it was gone already' }
  return { state: failure.ran === 'unknown' ? 'unknown' : 'failed', message }
}

/** A row that only says `asked` means: it is not known what became of it. */
async function audited(
  { store, clock }: Ports,
  { connectorId, record, by }: Asked,
  command: DestroyCommand,
  batchId: string,
  act: () => Promise<ActionResult>,
): Promise<ActionResult> {
  const after = { ...command, batchId }
  const append = (outcome: string) =>
    store.appendAudit(connectorId, [
      {
        at: clock.now().toISOString(),
        actor: by,
        action: `device.${command.kind}`,
        runId: null,
        subject: record,
        before: null,
        after,
        outcome,
      },
    ])
  await append('asked')
  let result: ActionResult
  try {
    result = await act()
  } catch (thrown) {
    await append(`failed: ${asAppError(thrown).code}`)
    throw thrown
  }
  await append(result.message === null ? result.state : `${result.state}: ${result.message}`)
  return result
}
