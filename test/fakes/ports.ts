/** A clock that moves when it is told, a log that remembers, a queue that holds its messages: for the tests of the sync. */
import type { Clock, Log, StepMessage, StepQueue } from '../../functions/ports.ts'

export interface FakeClock extends Clock {
  advance(ms: number): void
  set(time: string): void
}

export function fakeClock(start = '2026-11-21T08:00:00.000Z'): FakeClock {
  let nowMs = Date.parse(start)
  return {
    now: () => new Date(nowMs),
    advance(ms) {
      nowMs += ms
    },
    set(time) {
      nowMs = Date.parse(time)
    },
  }
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: Record<string, unknown>
}

export interface RecordingLog extends Log {
  readonly lines: readonly LogLine[]
  /** The lines of one event. */
  of(event: string): readonly LogLine[]
}

export function recordingLog(): RecordingLog {
  const lines: LogLine[] = []
  const add =
    (level: LogLine['level']) =>
    (event: string, fields: Record<string, unknown> = {}) => {
      lines.push({ level, event, fields })
    }
  return {
    lines,
    of: (event) => lines.filter((line) => line.event === event),
    info: add('info'),
    warn: add('warn'),
    error: add('error'),
  }
}

export interface QueuedMessage {
  readonly message: StepMessage
  readonly delaySeconds: number
}

export interface FakeQueue extends StepQueue {
  /** Sent and not taken, in order of sending. */
  readonly waiting: readonly QueuedMessage[]
  /** Takes the message that is due first; of equal delays the one sent first. */
  take(): QueuedMessage | null
}

export function fakeQueue(): FakeQueue {
  const waiting: QueuedMessage[] = []
  return {
    waiting,
    async send(message, delaySeconds = 0) {
      waiting.push({ message: { ...message }, delaySeconds })
    },
    messages: async () => waiting.length,
    take() {
      let first = 0
      for (const [index, { delaySeconds }] of waiting.entries()) {
        if (delaySeconds < (waiting[first]?.delaySeconds ?? 0)) first = index
      }
      return waiting.splice(first, 1)[0] ?? null
    },
  }
}
