/** A small company whose phones Intune knows, but not their EAS ids: what the original's step 7 is for. And a browser without scripts. */
import { expect } from 'vitest'
import { connectorId } from '../../sim/local/stack.ts'
import type { ScenarioPolicy } from '../../sim/local/scenarioFile.ts'
import type { RunningCompany } from './runningCompany.ts'

export const own = `/easgate/connectors/${connectorId}`
const intunePlan = 'c1ec4a95-1f05-45b3-a911-aa3fa01094f5'
const staff = guid(9, 1)

/** Ana's iPhone agrees in every way; Ben's Android is of another model than Intune says; Cleo has nothing in Intune. */
const people = [
  {
    number: 1,
    name: 'Ana Alves',
    address: 'ana@contoso.com',
    type: 'iPhone',
    model: 'iPhone14C2',
    intune: ['iOS', 'iPhone 13 Pro'],
  },
  {
    number: 2,
    name: 'Ben Baker',
    address: 'ben@contoso.com',
    type: 'Android',
    model: 'SM-S921B',
    intune: ['Android', 'Pixel 8'],
  },
  { number: 3, name: 'Cleo Cole', address: 'cleo@contoso.com', type: 'iPhone', model: 'iPhone14C2', intune: null },
] as const

export const ana = ids(1)
export const ben = ids(2)
export const cleo = ids(3)

export const world = {
  exchange: {
    organizationSettings: { DefaultAccessLevel: 'Quarantine' },
    mailboxes: people.map(({ number, name, address }) => ({
      Guid: guid(2, number),
      DistinguishedName: `CN=${name},OU=Users,DC=contoso,DC=com`,
      PrimarySmtpAddress: address,
      EmailAddresses: [`SMTP:${address}`],
      ActiveSyncEnabled: true,
    })),
    devices: people.map(({ number, type, model }) => ({
      Guid: guid(3, number),
      Mailbox: guid(2, number),
      DeviceId: `EAS${number}`,
      DeviceType: type,
      DeviceModel: model,
      ClientType: 'EAS',
      FirstSyncTime: '2026-11-01T08:00:00Z',
    })),
  },
  graph: {
    users: people.map(({ number, name, address }) => ({
      id: guid(1, number),
      displayName: name,
      mail: address,
      assignedPlans: [{ servicePlanId: intunePlan, capabilityStatus: 'Enabled' }],
    })),
    groups: [{ id: staff, members: people.map(({ number }) => guid(1, number)) }],
    managedDevices: people.flatMap(({ number, intune }) =>
      intune
        ? [
            {
              id: guid(4, number),
              userId: guid(1, number),
              azureADDeviceId: guid(5, number),
              azureADRegistered: true,
              complianceState: 'compliant',
              managementState: 'managed',
              managementAgent: 'mdm',
              operatingSystem: intune[0],
              model: intune[1],
              lastSyncDateTime: '2026-11-20T06:00:00Z',
            },
          ]
        : [],
    ),
  },
}

export const policy: ScenarioPolicy = {
  conditionalAccessSettings: { enabled: true, includedGroups: [staff], excludedGroups: [] },
  exchangeOnPremisesPolicy: { defaultAccessLevel: 'quarantine' },
  settings: { limits: { maxLosingShare: 1 } },
}

interface Ids {
  readonly user: string
  readonly mailbox: string
  readonly record: string
  readonly intune: string
  readonly entra: string
}

function ids(number: number): Ids {
  return {
    user: guid(1, number),
    mailbox: guid(2, number),
    record: guid(3, number),
    intune: guid(4, number),
    entra: guid(5, number),
  }
}

function guid(block: number, number: number): string {
  return `00000000-0000-4000-8000-${block}${String(number).padStart(11, '0')}`
}

export interface MailView {
  readonly to: readonly string[]
  readonly html: string
  readonly attachments: readonly { readonly contentId: string; readonly contentType: string; readonly base64: string }[]
}

export async function mailTo({ stack }: RunningCompany, address: string): Promise<MailView> {
  const answer = await fetch(`${stack.urls.ews}/_sim/mails`)
  const { mails } = (await answer.json()) as { mails: MailView[] }
  const found = mails.find(({ to }) => to.includes(address))
  if (!found) throw new Error(`no mail to ${address}; there are ${mails.length}`)
  return found
}

/** The address in the mail's link. */
export function linkIn({ html }: MailView): string {
  const [, link] = /href="([^"]*\/activate\?token=[^"]+)"/.exec(html) ?? []
  if (link === undefined) throw new Error(`the mail has no activation link: ${html}`)
  return link
}

export interface Shown {
  readonly status: number
  readonly url: string
  readonly html: string
  readonly title: string
}

/** Follows redirects, keeps cookies, sends forms: a browser that runs no scripts. */
export class PlainBrowser {
  readonly #cookies = new Map<string, string>()

  async open(url: string, init: RequestInit = {}): Promise<Shown> {
    const headers = { ...this.#headers(), ...(init.headers as Record<string, string> | undefined) }
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      this.#cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location !== null) return this.open(new URL(location, url).href)
    const html = await answer.text()
    return { status: answer.status, url, html, title: /<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? '' }
  }

  /** Sends the page's first POST form, its hidden fields and what is given. */
  async send(page: Shown, given: Readonly<Record<string, string>> = {}): Promise<Shown> {
    const [form] = /<form method="post"[\s\S]*?<\/form>/.exec(page.html) ?? []
    expect(form, `a form on: ${page.title}`).toBeDefined()
    const fields = [...(form ?? '').matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)]
    const action = /action="([^"]+)"/.exec(form ?? '')?.[1] ?? ''
    const sent = Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value]))
    const body = new URLSearchParams({ ...sent, ...given })
    const url = new URL(action, page.url)
    return this.open(url.href, { method: 'POST', body, headers: { origin: url.origin } })
  }

  /** Opens the link, signs in as that person at that device, and comes back to the page that asks to confirm. */
  async signIn(link: string, user: string, device: string): Promise<{ browser: PlainBrowser; shown: Shown }> {
    await this.open(link)
    const token = new URL(link).searchParams.get('token') ?? ''
    const chosen = await this.open(new URL(`/activate/signIn?token=${token}&user=${user}`, link).href)
    return { browser: this, shown: await this.send(chosen, { device }) }
  }

  cookie(name: string): string {
    return this.#cookies.get(name) ?? ''
  }

  #headers(): Record<string, string> {
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
  }
}
