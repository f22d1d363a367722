/** The activation pages as a browser sees them, over a store in memory with Ana's held iPhone. Real requests, no host. */
import azf, { type HttpHandler } from '@azure/functions'
import { activationPage } from '../../../functions/api/activation/activationPage.ts'
import { simulatedSignIn } from '../../../functions/api/activation/simulatedSignIn.ts'
import { linkText, type ActivationLink } from '../../../functions/core/activationLink.ts'
import { partitionOf } from '../../../functions/core/partition.ts'
import type { IntuneDevice, User } from '../../../functions/core/types.ts'
import type { Ports } from '../../../functions/ports.ts'
import type { Directory } from '../../../functions/portsDirectory.ts'
import type { StoredRow } from '../../../functions/portsStore.ts'
import type { Wiring } from '../../../functions/wiring.ts'
import { device, mailbox, owner, record } from '../../core/build.ts'
import { activationFake } from '../../fakes/activationFake.ts'
import { noDirectory } from '../../fakes/noDirectory.ts'
import { api } from '../apiFixture.ts'

export const azure: Wiring['hosting'] = { isAzure: true, hasBuiltInAuth: true, isLoopbackAdmin: false }
export const local: Wiring['hosting'] = { isAzure: false, hasBuiltInAuth: false, isLoopbackAdmin: true }
export const origin = { azure: 'https://easgate.example', local: 'http://127.0.0.1:7071' }

export interface Got {
  readonly status: number
  readonly headers: Record<string, string>
  readonly html: string
  readonly title: string
}

export interface Asked {
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export type Site = Awaited<ReturnType<typeof site>>

export async function site(hosting: Wiring['hosting'] = azure, given: Partial<Wiring> = {}) {
  const base = hosting.isAzure ? origin.azure : origin.local
  const app = api()
  const activation = activationFake(base)
  activation.proof = { kind: 'device', by: 'deviceClaim', azureAdDeviceId: 'entra-1' }
  const devices: IntuneDevice[] = [device({ easDeviceId: null, model: 'iPhone 13 Pro' })]
  const users: User[] = [{ ...owner().user, displayName: 'Ana <Alves>' }]
  const ports: Ports = { ...app.ports, activation, directory: directoryOf(devices, users) }
  const wiring: Wiring = {
    hosting,
    connectors: [{ id: 'contoso', name: 'Contoso' }],
    joining: () => null,
    problems: [],
    anchors: null,
    log: () => app.log,
    ports: async () => ports,
    ...given,
  }
  const row = (kind: StoredRow['kind'], id: string, value: object): StoredRow => ({
    mailboxGuid: 'm1',
    kind,
    id,
    data: JSON.stringify(value),
    decision: null,
  })
  const rows = [row('mailbox', '', mailbox({ guid: 'm1' })), row('user', 'user-1', owner())]
  await app.store.writeRows('contoso', partitionOf('m1'), [...rows, row('record', 'r1', record({ guid: 'r1' }))], [])
  const ask =
    (handler: HttpHandler, path: string) =>
    (method: 'GET' | 'POST', query: string, asked: Asked = {}) =>
      send(handler, method, `${base}${path}${query}`, asked)
  return {
    ...app,
    ports,
    activation,
    devices,
    users,
    /** The token of a link for Ana's iPhone. */
    token: (link: Partial<ActivationLink> = {}) =>
      activation.sign('activation link', linkText({ ...anasLink(app.clock.now()), ...link })),
    page: ask(
      activationPage(() => wiring),
      '/activate',
    ),
    signIn: ask(
      simulatedSignIn(() => wiring),
      '/activate/signIn',
    ),
  }
}

function anasLink(now: Date): ActivationLink {
  const expiresMs = now.getTime() + 60_000
  return { id: 'l1', connectorId: 'contoso', record: 'r1', mailboxGuid: 'm1', userId: 'user-1', reason: 'x', expiresMs }
}

function directoryOf(devices: readonly IntuneDevice[], users: readonly User[]): Directory {
  const answers: Partial<Directory> = {
    devicesOfUsers: async (ids) => new Map(ids.map((id) => [id, devices.filter(({ userId }) => userId === id)])),
    devicesByEntraId: async (ids) => devices.filter(({ azureAdDeviceId }) => ids.includes(azureAdDeviceId ?? '')),
    users: async () => ({ items: users, next: null }),
  }
  return new Proxy(noDirectory, {
    get: (directory, name: keyof Directory) => answers[name] ?? directory[name],
  })
}

/** What App Service says of who is signed in. */
export function signedIn(id = 'user-1', claims: Readonly<Record<string, string>> = {}): Record<string, string> {
  const all = { oid: id, preferred_username: `${id}@contoso.com`, ...claims }
  const principal = { claims: Object.entries(all).map(([typ, val]) => ({ typ, val })) }
  return { 'x-ms-client-principal': Buffer.from(JSON.stringify(principal)).toString('base64') }
}

async function send(handler: HttpHandler, method: string, url: string, { form, headers = {} }: Asked): Promise<Got> {
  const { searchParams } = new URL(url)
  const sent = form && { body: { string: new URLSearchParams(form).toString() } }
  const type = form && { 'content-type': 'application/x-www-form-urlencoded' }
  const request = new azf.HttpRequest({
    method,
    url,
    query: Object.fromEntries(searchParams),
    headers: { ...type, ...headers },
    ...sent,
  })
  const answer = await handler(request, new azf.InvocationContext({ functionName: 'activate' }))
  if (typeof answer !== 'object' || answer instanceof azf.HttpResponse) throw new Error('not a plain answer')
  const html = typeof answer.body === 'string' ? answer.body : ''
  return {
    status: answer.status ?? 200,
    headers: Object.fromEntries(Object.entries(answer.headers ?? {}).map(([name, value]) => [name, String(value)])),
    html,
    title: /<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? '',
  }
}

/** The hidden fields of the page's first form that is sent by POST. */
export function fieldsOf({ html }: Got): Record<string, string> {
  const [form = ''] = /<form method="post"[\s\S]*?<\/form>/.exec(html) ?? []
  const fields = [...form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)]
  return Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value]))
}
