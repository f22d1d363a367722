/** Serves one queueTrigger: looks at its queue, and starts processing what it finds. */
import type { DequeuedMessageItem } from '@azure/storage-queue'
import { messageOf } from './log.ts'
import { Pause } from './pause.ts'
import { processMessage, releaseMessage, visibilitySeconds, type MessageWork } from './processMessage.ts'

/** After this long without any invocation the poller slows down step by step, to maxPollingInterval of host.json. */
const quietAfterMs = 30_000

export class QueuePoller {
  readonly #work: MessageWork
  readonly #pollMs: number
  readonly #pause = new Pause()
  readonly #running = new Set<Promise<void>>()
  #stopped = false
  #lastActivity = performance.now()
  #delayMs: number
  #loop: Promise<void> | undefined
  #troubled = false

  /** `pollMs` is the time between two looks while there is activity. */
  constructor(work: MessageWork, pollMs: number) {
    this.#work = work
    this.#pollMs = pollMs
    this.#delayMs = pollMs
  }

  start(): void {
    this.#work.invocations.onEnd(() => this.#wake())
    this.#loop = this.#poll()
  }

  /** Ends polling; resolves when the messages already received are settled. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#pause.end()
    await this.#loop
    await Promise.all(this.#running)
  }

  /** Looks at the queue at once: an invocation that ended may have put the next step there. */
  #wake(): void {
    this.#lastActivity = performance.now()
    this.#delayMs = this.#pollMs
    this.#pause.end()
  }

  async #poll(): Promise<void> {
    while (!this.#stopped) {
      const hasRoom = this.#running.size <= this.#work.settings.newBatchThreshold
      const received = hasRoom ? await this.#receive() : []
      for (const message of received) this.#begin(message)
      if (received.length === 0) await this.#rest()
    }
  }

  async #rest(): Promise<void> {
    await this.#pause.wait(this.#delayMs)
    const quiet = this.#work.invocations.running === 0 && performance.now() - this.#lastActivity > quietAfterMs
    const slowest = Math.max(this.#work.settings.maxPollingIntervalMs, this.#pollMs)
    this.#delayMs = quiet ? Math.min(this.#delayMs * 2, slowest) : this.#pollMs
  }

  async #receive(): Promise<DequeuedMessageItem[]> {
    const { queue, settings, visibilityMs, log, fn } = this.#work
    try {
      const options = { numberOfMessages: settings.batchSize, visibilityTimeout: visibilitySeconds(visibilityMs) }
      const { receivedMessageItems } = await queue.receiveMessages(options)
      if (this.#troubled) log('information', `queue ${queue.name} can be read again`, { functionName: fn.name })
      this.#troubled = false
      return receivedMessageItems
    } catch (thrown) {
      const message = `queue ${queue.name} cannot be read, trying on: ${messageOf(thrown)}`
      if (!this.#troubled) log('error', message, { functionName: fn.name })
      this.#troubled = true
      return []
    }
  }

  #begin(message: DequeuedMessageItem): void {
    const work = this.#stopped ? releaseMessage : processMessage
    const running = work(this.#work, message).finally(() => {
      this.#running.delete(running)
      this.#pause.end()
    })
    this.#running.add(running)
  }
}
