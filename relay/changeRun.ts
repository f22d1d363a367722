/**
 * The commands of one batch of changes, each of which is executed at most once, whoever asks and however often:
 *
 *   the batch comes                       a command that was never started   that runs now      that ended
 *   first                                 queued                             -                  -
 *   again, on any conversation            queued again, with the new expiry  its end awaited    answered from memory
 *   its last conversation is lost         taken back, never runs by itself   goes on, kept      kept
 *
 * "Started" means handed to the PowerShell module. What ended as expired or refused was not started, and is not remembered.
 */
import type { Command } from '../protocol/checkCommand.ts'
import type { CommandResult, Row } from '../protocol/messages.ts'
import type { RunnerLane, Ticket } from './powershell/runnerCommand.ts'
import { addCommand, resultOf, type Lanes } from './addCommand.ts'

/** How a command ended. A change gives back one object at most; more than this is not kept. */
export interface Remembered {
  readonly result: CommandResult
  readonly rows: readonly Row[]
}
const rowsKept = 10

/** A conversation that wants the outcomes. */
export interface Viewer {
  onOutcome(outcome: Remembered): void
  onEnd(): void
}

export interface ChangeRunOptions {
  readonly commands: readonly Command[]
  /** Of the cloud side's run that the batch is for. */
  readonly runId: string | undefined
  readonly runner: Lanes
  /** What ended in earlier runs of the same batch, by command id. */
  readonly remembered: Map<string, Remembered>
  /** Called when nobody looks on and nothing runs. */
  readonly onIdle: () => void
}

export class ChangeRun {
  private readonly options: ChangeRunOptions
  private readonly lane: RunnerLane
  private readonly remembered: Map<string, Remembered>
  private readonly tickets = new Map<string, Ticket>()
  /** The commands whose outcome each viewer still wants. */
  private readonly viewers = new Map<Viewer, Set<string>>()
  private expiresAt = ''

  constructor(options: ChangeRunOptions) {
    this.options = options
    this.remembered = options.remembered
    this.lane = options.runner.lane()
  }

  /** Runs what never ran, and tells the viewer of every command's outcome. Returns the function that is called when the viewer is lost. */
  attach(viewer: Viewer, expiresAt: string): () => void {
    if (this.expiresAt === '' || Date.parse(expiresAt) > Date.parse(this.expiresAt)) this.expiresAt = expiresAt
    this.viewers.set(viewer, new Set(this.options.commands.map(({ id }) => id)))
    for (const command of this.options.commands) {
      const known = this.remembered.get(command.id)
      if (known) this.tell(viewer, known)
      else if (!this.tickets.has(command.id)) this.start(command)
    }
    return () => this.detach(viewer)
  }

  get viewerCount(): number {
    return this.viewers.size
  }

  private start(command: Command): void {
    const rows: Row[] = []
    const { runId } = this.options
    const ticket = addCommand(
      this.lane,
      command,
      { notAfter: () => this.expiresAt, runId },
      {
        isHeld: () => false,
        onRow: (row) => {
          if (rows.length < rowsKept) rows.push(row)
        },
        onDone: (outcome) => {
          const ended = { result: resultOf(command.id, rows.length, outcome), rows }
          this.tickets.delete(command.id)
          if (wasStarted(ended.result)) this.remembered.set(command.id, ended)
          for (const viewer of this.viewers.keys()) this.tell(viewer, ended)
          this.noticeIdle()
        },
      },
    )
    this.tickets.set(command.id, ticket)
  }

  private tell(viewer: Viewer, outcome: Remembered): void {
    const wanted = this.viewers.get(viewer)
    if (!wanted?.delete(outcome.result.commandId)) return
    viewer.onOutcome(outcome)
    if (wanted.size > 0) return
    this.viewers.delete(viewer)
    viewer.onEnd()
    this.noticeIdle()
  }

  private detach(viewer: Viewer): void {
    if (!this.viewers.delete(viewer)) return
    if (this.viewers.size === 0) {
      for (const [id, ticket] of this.tickets) if (ticket.withdraw()) this.tickets.delete(id)
    }
    this.noticeIdle()
  }

  private noticeIdle(): void {
    if (this.viewers.size === 0 && this.tickets.size === 0) this.options.onIdle()
  }
}

function wasStarted({ error }: CommandResult): boolean {
  return error?.category !== 'expired' && error?.category !== 'refused'
}
