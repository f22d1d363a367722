/** How long a cmdlet takes: as long as it is told to, on average; timers alone fire a millisecond late. */
import { setTimeout } from 'node:timers/promises'

/** More than this is a busy machine and not the timers: cmdlets are never made shorter by more. */
const mostLateMs = 2

export class Latency {
  /** What timers were late lately, taken off the next ones. */
  #lateMs = 0

  async wait(latencyMs: number): Promise<void> {
    const started = performance.now()
    await setTimeout(Math.max(0, latencyMs - this.#lateMs))
    const overMs = performance.now() - started - latencyMs
    this.#lateMs = Math.min(mostLateMs, Math.max(0, this.#lateMs + overMs / 10))
  }
}
