/** What an activation link says: whose EAS record, why its phone was kept out, until when it counts. Pure; the signature around it is the port's. */

export interface ActivationLink {
  /** Unguessable; a link counts once. */
  readonly id: string
  readonly connectorId: string
  /** Guid of the EAS record. */
  readonly record: string
  readonly mailboxGuid: string
  /** The mailbox's user when the link was made; null: nobody was known. */
  readonly userId: string | null
  /** Of the mail, or `asked` where an administrator made it. */
  readonly reason: string
  /** Unix milliseconds. */
  readonly expiresMs: number
}

/** A mail is read after a holiday weekend, and a link that lies about for months is a risk without a use. */
export const linkDays = 7

/** Unix milliseconds. */
export function issuedMsOf({ expiresMs }: Pick<ActivationLink, 'expiresMs'>): number {
  return expiresMs - linkDays * 24 * 3_600_000
}

/** Grows when the parts change; links of another version are no links. */
const version = 'a1'

/** As short as it can be: it ends up in a QR code. */
export function linkText(link: ActivationLink): string {
  const { id, connectorId, record, mailboxGuid, userId, reason, expiresMs } = link
  return JSON.stringify([version, id, connectorId, record, mailboxGuid, userId, reason, Math.floor(expiresMs / 1000)])
}

/** null: not a link of this version. */
export function linkFrom(text: string): ActivationLink | null {
  const parts = parse(text)
  if (!Array.isArray(parts) || parts.length !== 8 || parts[0] !== version) return null
  const [, id, connectorId, record, mailboxGuid, userId, reason, expires] = parts as unknown[]
  const texts = [id, connectorId, record, mailboxGuid, reason]
  if (!texts.every((one): one is string => typeof one === 'string' && one !== '')) return null
  if (typeof expires !== 'number' || !(userId === null || typeof userId === 'string')) return null
  const [linkId = '', connector = '', guid = '', mailbox = '', why = ''] = texts
  return {
    id: linkId,
    connectorId: connector,
    record: guid,
    mailboxGuid: mailbox,
    userId,
    reason: why,
    expiresMs: expires * 1000,
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
