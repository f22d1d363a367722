/** How to try an activation by hand after the first sync: whose phone waits for it, and the link of the mail that its user got. */
import type { SampleCompany } from './sampleCompany.ts'
import { connectorId, type Stack } from './stack.ts'

/** Whole lines; '' where the sample has nobody for it. Without a mail it says how to ask for a link. */
export async function activationHint(
  { urls }: Pick<Stack, 'urls'>,
  person: SampleCompany['toActivate'],
): Promise<string> {
  if (person === null) return ''
  const link = linkIn(await mailTo(urls.ews, person.address))
  const asked = `curl -X POST ${urls.app}/easgate/connectors/${connectorId}/devices/${person.record}/activationLink`
  return [
    `Activate a phone: Intune manages ${person.name}'s, but does not know its EAS id, so it is held. The link in the mail to ${person.address}:`,
    `  ${link ?? `none; ask for one: ${asked}`}`,
    '',
  ].join('\n')
}

async function mailTo(ews: string, address: string): Promise<string> {
  const { mails } = (await (await fetch(`${ews}/_sim/mails`)).json()) as { mails: { to: string[]; html: string }[] }
  return mails.findLast(({ to }) => to.includes(address))?.html ?? ''
}

/** The page's address has nothing that HTML would write in another way. */
function linkIn(html: string): string | null {
  return /http[^"'<>\s]+\/activate\?token=[\w.-]+/.exec(html)?.[0] ?? null
}
