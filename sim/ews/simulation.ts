/** The state of the simulated EWS: one account with its mailbox, the mails that left, the requests that came. */
import { Faults } from './faults.ts'

export interface SentMail {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly html: string
  readonly attachments: readonly Attachment[]
  /** Of the request that sent it. */
  readonly headers: { readonly userAgent: string; readonly clientRequestId: string; readonly anchorMailbox: string }
}
export interface Attachment {
  readonly name: string
  readonly contentType: string
  readonly contentId: string
  readonly isInline: boolean
  readonly base64: string
}

export interface SeenRequest {
  readonly method: string
  readonly path: string
  /** The scheme of its Authorization header; empty: none. */
  readonly authentication: string
  readonly soapOrPox: string
}

export interface EwsAccount {
  readonly user: string
  readonly password: string
  readonly address: string
}

export interface EwsSimulation {
  readonly account: EwsAccount
  readonly mails: SentMail[]
  readonly requests: SeenRequest[]
  readonly faults: Faults
}

export function createEwsSimulation(account: EwsAccount): EwsSimulation {
  return { account, mails: [], requests: [], faults: new Faults() }
}
