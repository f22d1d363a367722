/** GET and POST /activate/signIn: on a developer's machine, who signs in and at which device they sit, chosen from the simulated tenant. */
import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions'
import { linkFrom } from '../../core/activationLink.ts'
import type { IntuneDevice, User } from '../../core/types.ts'
import { escapeHtml } from '../../core/noticeTemplate.ts'
import type { Ports } from '../../ports.ts'
import type { Page } from '../../portsDirectory.ts'
import { processWiring, type Wiring } from '../../wiring.ts'
import { isSameOrigin, readForm } from './form.ts'
import { hidden, pageAnswer, redirectAnswer } from './page.ts'
import { isSimulationOn } from './personSignedIn.ts'
import { simulatedCookie } from './simulatedPerson.ts'

/** More are found by what is typed. */
const mostUsers = 200

/** Anywhere but on a developer's own machine there is no such page. */
export function simulatedSignIn(wiring: () => Wiring = processWiring): HttpHandler {
  return async (request, context) => {
    const { hosting, problems } = wiring()
    if (!isSimulationOn(request, hosting)) return notHere('There is no such page', 404)
    if (problems.length > 0) return notHere('The app is not configured', 503)
    const ports = await wiring().ports(context)
    if (request.method === 'POST') return signIn(request, ports)
    const token = request.query.get('token') ?? ''
    const userId = request.query.get('user')
    if (userId === null) return choosePerson(ports, token, request.query.get('search') ?? '')
    return chooseDevice(ports, token, userId)
  }
}

/** Whom the link is for comes first, wherever in the tenant. */
async function choosePerson(ports: Ports, token: string, search: string): Promise<HttpResponseInit> {
  const { userId } = linkFrom(ports.activation.open('activation link', token) ?? '') ?? {}
  const own = userId ? await userOf(ports, userId) : null
  const { items } = await ports.directory.users(null, [])
  const people = own ? [own, ...items.filter(({ id }) => id !== own.id)] : items
  const wanted = search.trim().toLowerCase()
  const found = people.filter((user) => textOf(user).toLowerCase().includes(wanted)).slice(0, mostUsers)
  const options = found.map((user) => `<option value="${escapeHtml(user.id)}">${escapeHtml(textOf(user))}</option>`)
  const choice = `<form method="get" action="/activate/signIn">${hidden({ token })}<label for="user">Person</label>
<select id="user" name="user">${options.join('')}</select><button type="submit">Next: the device</button></form>`
  const body = `<p class="note">Simulated: nobody checks anything. Not in Azure.</p>
${found.length === 0 ? '<p>Nobody has this in name or address.</p>' : choice}
<form method="get" action="/activate/signIn">${hidden({ token })}<label for="search">Name or address has</label>
<input id="search" name="search" value="${escapeHtml(search)}"><button type="submit" class="second">Search</button></form>`
  return page('Who signs in?', body)
}

async function chooseDevice(ports: Ports, token: string, userId: string): Promise<HttpResponseInit> {
  const user = await userOf(ports, userId)
  if (!user) return notHere('The simulated tenant has no such person', 404)
  const devices = (await ports.directory.devicesOfUsers([user.id])).get(user.id) ?? []
  const options = devices.flatMap((device) =>
    device.azureAdDeviceId === null
      ? []
      : [`<option value="${escapeHtml(device.azureAdDeviceId)}">${escapeHtml(deviceText(device))}</option>`],
  )
  const body = `<p class="note">Simulated: nobody checks anything. Not in Azure.</p>
<form method="post" action="/activate/signIn">${hidden({ token, user: user.id })}
<label for="device">Device that ${escapeHtml(textOf(user))} sits at</label>
<select id="device" name="device">${options.join('')}<option value="">a browser that Entra does not know</option></select>
<label for="other">Or the Entra id of another device</label>
<input id="other" name="other" autocomplete="off"><button type="submit">Sign in</button></form>`
  return page('At which device?', body)
}

async function signIn(request: HttpRequest, ports: Ports): Promise<HttpResponseInit> {
  const form = await readForm(request)
  const user = await userOf(ports, form.get('user') ?? '')
  if (!user || !isSameOrigin(request, null)) return notHere('The form is not one of this page', 400)
  const deviceId = (form.get('other') ?? '').trim() || (form.get('device') ?? '').trim()
  const uti = Buffer.from(ports.newId().replaceAll('-', ''), 'hex').toString('base64url')
  const person = { userId: user.id, name: textOf(user), deviceId: deviceId.toLowerCase() || null, uti }
  const cookie = simulatedCookie(person, ports.activation)
  return redirectAnswer(`/activate?token=${encodeURIComponent(form.get('token') ?? '')}`, { 'set-cookie': cookie })
}

async function userOf({ directory }: Ports, id: string): Promise<User | null> {
  for (let cursor: string | null = null; ;) {
    const { items, next }: Page<User> = await directory.users(cursor, [])
    const found = items.find((user) => user.id === id)
    if (found || next === null) return found ?? null
    cursor = next
  }
}

function textOf({ displayName, upn, addresses, id }: User): string {
  return [displayName, addresses[0] ?? upn ?? id].filter(Boolean).join(', ')
}

function deviceText({ model, operatingSystem, complianceState, id }: IntuneDevice): string {
  return `${model ?? 'device'} (${operatingSystem ?? 'unknown system'}, ${complianceState}), ${id}`
}

/** For developers: English only. */
function page(title: string, body: string): HttpResponseInit {
  return pageAnswer({ status: 200, language: 'en', title, body })
}

function notHere(title: string, status: number): HttpResponseInit {
  return pageAnswer({ status, language: 'en', title, body: '' })
}
