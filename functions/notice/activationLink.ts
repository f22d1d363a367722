/** The link in a mail that leads its reader to the page where the phone is activated. The one place that makes it. */
import { linkDays, linkText, type ActivationLink } from '../core/activationLink.ts'
import type { Ports } from '../ports.ts'

type LinkPorts = Pick<Ports, 'activation' | 'clock' | 'newId'>

export interface IssuedLink {
  /** For the audit; the address is not written down anywhere. */
  readonly id: string
  readonly url: string
  readonly expiresAt: string
}

const dayMs = 24 * 3_600_000

/** null: nobody could open a page of this installation, or the record's mailbox is not known; the mail says what to do instead. */
export function activationLink(
  { activation, clock, newId }: LinkPorts,
  about: Pick<ActivationLink, 'connectorId' | 'record' | 'mailboxGuid' | 'userId' | 'reason'>,
): IssuedLink | null {
  const { publicUrl } = activation
  if (publicUrl === null || about.mailboxGuid.startsWith('dn:')) return null
  const id = newId().replaceAll('-', '').slice(0, 16)
  const expiresMs = clock.now().getTime() + linkDays * dayMs
  const token = activation.sign('activation link', linkText({ ...about, id, expiresMs }))
  return { id, url: `${publicUrl}/activate?token=${token}`, expiresAt: new Date(expiresMs).toISOString() }
}

/** As long as a real one, and opens nothing: for previews. */
export function sampleLink({ activation }: Pick<LinkPorts, 'activation'>): string | null {
  return activation.publicUrl === null ? null : `${activation.publicUrl}/activate?token=sample.${'0'.repeat(300)}`
}
