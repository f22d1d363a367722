/** Everything that the relay says in one conversation: numbered, tied to the cloud side's challenge, signed. */
import type { WebSocket } from 'ws'
import type { RelayBody } from '../protocol/messages.ts'
import { seal, type Signer } from '../protocol/signing.ts'

type Unsequenced<T> = T extends unknown ? Omit<T, 'challenge' | 'seq'> : never
/** A message without what SignedReplies adds. */
export type Reply = Unsequenced<RelayBody>

/** Answers a hello that carried no usable challenge. */
const noChallenge = '0'.repeat(16)

export class SignedReplies {
  challenge = noChallenge
  private readonly socket: WebSocket
  private readonly signer: Signer
  private nextSeq = 0

  constructor(socket: WebSocket, signer: Signer) {
    this.socket = socket
    this.signer = signer
  }

  /** Bytes that wait for the network. */
  get waitingBytes(): number {
    return this.socket.bufferedAmount
  }

  /** Sends nothing on a socket that is not open. `onTaken` is called when the message left this process, or never will. */
  send(reply: Reply, onTaken: () => void = () => {}): void {
    if (this.socket.readyState !== this.socket.OPEN) return
    const body = { ...reply, challenge: this.challenge, seq: this.nextSeq }
    this.nextSeq += 1
    this.socket.send(JSON.stringify(seal(this.signer, body)), onTaken)
  }
}
