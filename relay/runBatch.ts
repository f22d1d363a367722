/** Runs one batch of a conversation. Reads live and die with their conversation; changes belong to the ledger (changeRun.ts). */
import type { Batch } from '../protocol/messages.ts'
import { addCommand, resultOf } from './addCommand.ts'
import type { ChangeRun, Viewer } from './changeRun.ts'
import type { BatchReplies } from './outbox.ts'
import type { CommandRunner } from './powershell/commandRunner.ts'

export interface ReadOptions {
  readonly runner: CommandRunner
  readonly replies: BatchReplies
  readonly isHeld: () => boolean
  readonly onEnd: () => void
}

/** Starts a batch of reads. Returns the function that stops it when its conversation is lost. */
export function runReads(batch: Batch, { runner, replies, isHeld, onEnd }: ReadOptions): () => void {
  const lane = runner.lane()
  const { runId } = batch
  let left = batch.commands.length
  const tickets = batch.commands.map((command) => {
    let rowCount = 0
    return addCommand(
      lane,
      command,
      { notAfter: () => batch.expiresAt, runId },
      {
        isHeld,
        onRow: (row, chars) => {
          rowCount += 1
          replies.row(command.id, row, chars)
        },
        onDone: (outcome) => {
          replies.result(resultOf(command.id, rowCount, outcome))
          left -= 1
          if (left > 0) return
          replies.end(false)
          onEnd()
        },
      },
    )
  })
  return () => {
    for (const ticket of tickets) ticket.cancel()
  }
}

export interface ChangeOptions {
  readonly run: ChangeRun
  readonly isRepeated: boolean
  readonly replies: BatchReplies
  readonly onEnd: () => void
}

/** Starts a batch of changes, or joins it where it is. Returns the function that is called when its conversation is lost. */
export function runChanges(batch: Batch, { run, isRepeated, replies, onEnd }: ChangeOptions): () => void {
  const viewer: Viewer = {
    onOutcome: ({ result, rows }) => {
      for (const row of rows) replies.row(result.commandId, row, JSON.stringify(row).length)
      replies.result(result)
    },
    onEnd: () => {
      replies.end(isRepeated)
      onEnd()
    },
  }
  return run.attach(viewer, batch.expiresAt)
}
