/** GET and POST /activate: the page behind the link in a mail. GET shows, POST does; nothing on it needs a script. */
import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions'
import { linkFrom, type ActivationLink } from '../../core/activationLink.ts'
import { escapeHtml } from '../../core/noticeTemplate.ts'
import { resolveOwner } from '../../core/resolveOwner.ts'
import { asAppError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import { activate, recordOf, type ActivationResult, type FoundRecord } from '../../sync/activate.ts'
import { processWiring, type Wiring } from '../../wiring.ts'
import { formToken, isFormOf, isSameOrigin, readForm } from './form.ts'
import { hidden, pageAnswer, paragraphs, redirectAnswer } from './page.ts'
import { personSignedIn, type Person } from './personSignedIn.ts'
import { languageOf, texts, type Language, type Telling } from './texts.ts'

/*
 * In this order:                        | answer
 * settings missing or wrong             | 503
 * not a link of ours, of no connector   | 400
 * too old                               | 410
 * nobody could be trusted to sign in    | 503
 * GET: nobody signed in                 | 303 to the sign-in, and back
 * POST: nobody signed in any more       | 400: a browser follows no form to another site (form-action)
 * GET: the record is gone               | 404
 * GET: another user's link, or mailbox  | 403
 * GET: the mailbox is nobody's          | 403
 * GET                                   | 200 with the form
 * POST: from elsewhere, or not our form | 400
 * POST                                  | what came of it
 */
export function activationPage(wiring: () => Wiring = processWiring): HttpHandler {
  return async (request, context) => {
    const language = languageOf(request.headers.get('accept-language'))
    try {
      return await answerTo(request, context, wiring(), language)
    } catch (thrown) {
      const { code, message } = asAppError(thrown)
      wiring().log(context).error('activationFailed', { code, message })
      return tell(language, 'unavailable', 503)
    }
  }
}

interface Visit {
  readonly request: HttpRequest
  readonly ports: Ports
  readonly link: ActivationLink
  readonly token: string
  readonly person: Person
  readonly language: Language
  readonly connectorIds: readonly string[]
}

async function answerTo(
  request: HttpRequest,
  context: InvocationContext,
  wiring: Wiring,
  language: Language,
): Promise<HttpResponseInit> {
  if (wiring.problems.length > 0) return tell(language, 'unavailable', 503)
  const ports = await wiring.ports(context)
  const form = request.method === 'POST' ? await readForm(request) : null
  const token = form?.get('token') ?? request.query.get('token') ?? ''
  const link = linkFrom(ports.activation.open('activation link', token) ?? '')
  const connectorIds = wiring.connectors.map(({ id }) => id)
  if (!link || !connectorIds.includes(link.connectorId)) return tell(language, 'badLink', 400)
  if (link.expiresMs <= ports.clock.now().getTime()) return tell(language, 'expired', 410)
  const person = personSignedIn(request, wiring.hosting, ports.activation)
  if (person === 'unavailable') return tell(language, 'unavailable', 503)
  if (person === 'signIn')
    return form
      ? tell(language, 'badForm', 400, again(language, token))
      : redirectAnswer(signInAddress(wiring.hosting, token))
  const visit = { request, ports, link, token, person, language, connectorIds }
  return form ? confirm(visit, form) : show(visit)
}

function signInAddress({ isAzure }: Wiring['hosting'], token: string): string {
  const back = `/activate?token=${token}`
  return isAzure
    ? `/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(back)}`
    : `/activate/signIn?token=${token}`
}

function again(language: Language, token: string): string {
  return `<p><a href="/activate?token=${token}">${escapeHtml(texts[language].openAgain)}</a></p>`
}

async function show(visit: Visit): Promise<HttpResponseInit> {
  const { ports, link, person, language, token } = visit
  const notTheirs = tell(language, 'otherUser', 403, notYou(visit))
  if (link.userId !== null && link.userId !== person.userId) return notTheirs
  const found = await recordOf(ports, link)
  if (!found) return tell(language, 'recordGone', 404)
  const owner = resolveOwner(found.mailbox.owners)
  if (!owner) return tell(language, 'noOwner', 403)
  if (owner.user.id !== person.userId) return notTheirs
  const words = texts[language]
  const fields = { token, form: formToken(visit) }
  const body = `${paragraphs(words.confirm)}
${facts(visit, found)}
<form method="post" action="/activate">${hidden(fields)}<button type="submit">${escapeHtml(words.button)}</button></form>
${notYou(visit)}`
  return pageAnswer({ status: 200, language, title: words.confirmTitle, body })
}

function facts({ language, person }: Visit, { record }: FoundRecord): string {
  const words = texts[language]
  const phone = [record.deviceType ?? words.unknownDevice, record.deviceModel].filter(Boolean).join(' ')
  const rows = [
    [words.device, phone],
    [words.deviceId, record.deviceId],
    [words.signedInAs, person.name],
  ]
  return `<dl>${rows.map(([name = '', value = '']) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>`
}

/** Another sign-in, which comes back here. */
function notYou({ language, person, token }: Visit): string {
  const { notYou: words, simulated } = texts[language]
  const back = `/activate?token=${token}`
  const away = person.isSimulated
    ? `/activate/signIn?token=${token}`
    : `/.auth/logout?post_logout_redirect_uri=${encodeURIComponent(back)}`
  const note = person.isSimulated ? `<p class="note">${escapeHtml(simulated)}</p>` : ''
  return `<p><a href="${escapeHtml(away)}">${escapeHtml(words)}</a></p>${note}`
}

async function confirm(visit: Visit, form: URLSearchParams): Promise<HttpResponseInit> {
  const { request, ports, link, person, language, connectorIds } = visit
  if (!isSameOrigin(request, ports.activation.publicUrl) || !isFormOf(visit, form.get('form') ?? ''))
    return tell(language, 'badForm', 400)
  const proof = await ports.activation.proveDevice(person)
  if (proof.kind === 'none' && proof.isLate && form.get('ask') !== 'administrator')
    return tell(language, 'late', 202, lateForms(visit))
  const result = await activate(ports, { link, signedInId: person.userId, proof, connectorIds })
  ports.log.info('activation', { connectorId: link.connectorId, record: link.record, result: result.result })
  return tellResult(visit, result)
}

function lateForms(visit: Visit): string {
  const { again, askAdministrator } = texts[visit.language]
  const fields = { token: visit.token, form: formToken(visit) }
  const form = (more: Readonly<Record<string, string>>, words: string, kind = '') =>
    `<form method="post" action="/activate">${hidden({ ...fields, ...more })}<button type="submit"${kind}>${escapeHtml(words)}</button></form>`
  return form({}, again) + form({ ask: 'administrator' }, askAdministrator, ' class="second"')
}

const ofUsed = { bound: 'usedBound', waiting: 'usedWaiting', rejected: 'usedRejected', ended: 'usedEnded' } as const

function tellResult(visit: Visit, result: ActivationResult): HttpResponseInit {
  const { language } = visit
  if (result.result === 'used') return tell(language, ofUsed[result.state], 200)
  if (result.result === 'waiting') return tell(language, 'waiting', 200)
  if (result.result === 'refused') {
    const more = result.why === 'otherUser' ? notYou(visit) : ''
    return tell(language, result.why, result.why === 'recordGone' ? 404 : 403, more)
  }
  const isLetIn = ['compliant', 'inGracePeriod'].includes(result.device.complianceState)
  const note = isLetIn ? '' : `<p class="note">${escapeHtml(texts[language].notCompliantYet)}</p>`
  return tell(language, result.result, 200, note)
}

/** `more`: HTML behind the words. */
function tell(language: Language, what: Telling, status: number, more = ''): HttpResponseInit {
  const [title, ...words] = texts[language].tellings[what]
  return pageAnswer({ status, language, title, body: `${paragraphs(words)}\n${more}` })
}
