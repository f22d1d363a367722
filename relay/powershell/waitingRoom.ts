/** The commands that were not handed to the module yet: in turn by batch, ended with a reason when waiting is of no more use. */
import { FairQueue } from './fairQueue.ts'
import { expired, refused, withReason } from './outcomes.ts'
import type { Pending } from './runnerCommand.ts'
import type { Failure, Outcome } from './stepReply.ts'

export class WaitingRoom {
  private readonly queue = new FairQueue<Pending>()
  private isClosed = false

  add(pending: Pending): void {
    if (this.isClosed) queueMicrotask(() => endPending(pending, refused()))
    else this.queue.push(pending.lane, pending)
  }

  /** Gives back, in their order and ahead of all others, what the module did not start. */
  addBack(all: readonly Pending[]): void {
    for (const pending of all.toReversed()) {
      if (this.isClosed) endPending(pending, refused())
      else if (!pending.isCancelled) this.queue.putBack(pending.lane, pending)
    }
  }

  /** True when it was still waiting. */
  remove(pending: Pending): boolean {
    return this.queue.remove(pending.lane, pending)
  }

  hasReady(): boolean {
    return this.queue.hasReady(isReady)
  }

  /** The next one that is not too late. */
  take(nowMs: number): Pending | undefined {
    for (;;) {
      const pending = this.queue.take(isReady)
      if (!pending || !isLate(pending, nowMs)) return pending
      endPending(pending, expired(pending.command.notAfter()))
    }
  }

  /** While there is no session: those whose time is over; and all where Exchange refuses the account, for that does not end by itself. */
  endHopeless(nowMs: number, refusal: Failure | undefined): void {
    const late = this.queue.takeIf((pending) => isLate(pending, nowMs))
    for (const pending of late) endPending(pending, expired(pending.command.notAfter()))
    if (refusal) this.endAll(refusal)
  }

  endAll(reason: Failure): void {
    for (const pending of this.queue.takeAll()) endPending(pending, withReason(reason))
  }

  /** Refuses what waits and what comes. */
  close(): void {
    this.isClosed = true
    for (const pending of this.queue.takeAll()) endPending(pending, refused())
  }
}

/** Unless nobody wants to know. */
export function endPending({ isCancelled, command }: Pending, outcome: Outcome): void {
  if (!isCancelled) command.onDone(outcome)
}

/** A conversation that takes no rows starts no further reads either: what runs for it fills memory and sessions. */
export function isReady({ command }: Pending): boolean {
  return !command.isHeld()
}

function isLate({ command }: Pending, nowMs: number): boolean {
  return Date.parse(command.notAfter()) <= nowMs
}
