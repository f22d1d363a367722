/** A relay: what it says of itself, and what an administrator says of it. Pure. */

export interface RelayIdentity {
  readonly fingerprint: string
  readonly version: string
  readonly host: string
  readonly parallel: number
  readonly organization: string | null
  readonly server: string | null
  /** Since when that client-access server, and why that one. */
  readonly serverSince: string | null
  readonly serverReason: string | null
  readonly sendsMail: boolean
}

export type RelayAbout = Pick<RelayIdentity, 'version' | 'server' | 'serverSince' | 'serverReason' | 'sendsMail'>

export interface RelayApproval {
  readonly fingerprint: string
  readonly publicKey: string
  readonly state: 'pending' | 'approved' | 'rejected'
  readonly host: string | null
  /** ISO-8601 UTC. */
  readonly firstSeen: string
  readonly lastSeen: string
  /** What it said of itself when it was here last; null: it never was. */
  readonly about: RelayAbout | null
}
