/** All conversations of the relay: how many there may be, how much they may hold together, and their common end. */
import type { WebSocket } from 'ws'
import type { RelayInfo } from '../protocol/messages.ts'
import { Refusal } from '../protocol/refusal.ts'
import { Session } from './session.ts'
import type { SessionContext } from './sessionContext.ts'

export interface ConversationsOptions extends Omit<SessionContext, 'relayInfo' | 'takeRoom'> {
  readonly maxConversations: number
  /** What the relay says of itself; throws a Refusal (busy) while it has no Exchange session. */
  readonly relayInfo: () => RelayInfo
  /** Characters of all batches under way. */
  readonly mostChars?: number
}

/** Four batches of the largest size: the relay is to run in 64 MB. */
const defaultChars = 16 * 1024 * 1024

export class Conversations {
  private readonly options: ConversationsOptions
  private readonly sessions = new Set<Session>()
  private chars = 0
  /** When commands were last handed over; undefined: never. */
  lastBatchMs: number | undefined

  constructor(options: ConversationsOptions) {
    this.options = options
  }

  /** Takes an open socket. One conversation too many is told so in answer to its hello. */
  open(socket: WebSocket): void {
    const { options } = this
    const isTooMany = this.sessions.size >= options.maxConversations
    const relayInfo = () => {
      if (!isTooMany) return options.relayInfo()
      throw new Refusal('busy', `${options.maxConversations} conversations are open, as many as this relay takes`)
    }
    const session = new Session(socket, { ...options, relayInfo, takeRoom: (chars) => this.takeRoom(chars) })
    this.sessions.add(session)
    void session.closed.then(() => this.sessions.delete(session))
  }

  get size(): number {
    return this.sessions.size
  }

  /** Resolves when every conversation has ended its batches and is closed. */
  async drain(): Promise<void> {
    await Promise.all([...this.sessions].map(async (session) => session.drain()))
  }

  private takeRoom(chars: number): () => void {
    const most = this.options.mostChars ?? defaultChars
    if (this.chars > 0 && this.chars + chars > most) {
      throw new Refusal('busy', `the batches under way hold ${this.chars} of ${most} characters; wait for an end`)
    }
    this.chars += chars
    this.lastBatchMs = this.options.now()
    let isTaken = true
    return () => {
      if (isTaken) this.chars -= chars
      isTaken = false
    }
  }
}
