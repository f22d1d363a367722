/** The relay's mails, one at a time and beside Exchange's commands: neither ever waits for the other. */
import { refused } from '../powershell/outcomes.ts'
import type { RunnerCommand, RunnerLane, Ticket } from '../powershell/runnerCommand.ts'
import type { Failure, Outcome } from '../powershell/stepReply.ts'
import type { Mail } from './ewsXml.ts'

export interface MailQueueOptions {
  /** Sends one; never throws. */
  readonly send: (mail: Mail, notAfter: () => string) => Promise<Outcome>
  /** Mails that may wait; one more is answered as delayed. */
  readonly most?: number
}

const mostWaiting = 20
const fullMs = 60_000

interface Waiting {
  readonly command: RunnerCommand
}

export class MailQueue implements RunnerLane {
  private readonly options: MailQueueOptions
  private readonly waiting = new Set<Waiting>()
  private current: Promise<void> | undefined
  private isClosed = false

  constructor(options: MailQueueOptions) {
    this.options = options
  }

  add(command: RunnerCommand): Ticket {
    const item: Waiting = { command }
    const withdraw = () => this.waiting.delete(item)
    const problem = this.problem()
    if (problem) queueMicrotask(() => command.onDone(problem))
    else {
      this.waiting.add(item)
      this.current ??= this.work()
    }
    // What is being sent cannot be called back: it goes on, and its outcome is told
    return { withdraw, cancel: withdraw }
  }

  /** Answers what waits with `refused`, and resolves when the mail under way has its outcome. */
  async close(): Promise<void> {
    this.isClosed = true
    for (const { command } of this.waiting) command.onDone(refused())
    this.waiting.clear()
    await this.current
  }

  private problem(): Outcome | undefined {
    if (this.isClosed) return refused()
    const { most = mostWaiting } = this.options
    if (this.waiting.size < most) return undefined
    return failed({ category: 'mailDelayed', message: `${most} mails wait already`, retryAfterMs: fullMs })
  }

  private async work(): Promise<void> {
    // In a later turn: whoever adds must have its ticket first
    await Promise.resolve()
    for (const item of this.waiting) {
      this.waiting.delete(item)
      const { command } = item
      command.onDone(await this.sendOne(command))
    }
    this.current = undefined
  }

  private async sendOne(command: RunnerCommand): Promise<Outcome> {
    try {
      return await this.options.send(mailOf(command), () => command.notAfter())
    } catch (error) {
      return failed({ category: 'mailUnknown', message: error instanceof Error ? error.message : String(error) })
    }
  }
}

/** Checked against the closed list before (protocol/checkCommand.ts). */
function mailOf({ parameters }: RunnerCommand): Mail {
  const textOf = (name: string) => {
    const value = parameters[name]
    return typeof value === 'string' ? value : undefined
  }
  const imagePng = textOf('ImagePng')
  const mail = { to: textOf('To') ?? '', subject: textOf('Subject') ?? '', html: textOf('Html') ?? '' }
  return { ...mail, ...(imagePng !== undefined && { imagePng }) }
}

function failed(error: Failure): Outcome {
  return { ok: false, warnings: [], durationMs: 0, error }
}
