import { describe, expect, test } from 'vitest'
import { pino } from 'pino'
import { checkMail } from '../../../relay/mail/checkMail.ts'
import { EwsPlace } from '../../../relay/mail/ewsPlace.ts'
import type { Mail } from '../../../relay/mail/ewsXml.ts'
import { sendMail, type MailSender } from '../../../relay/mail/sendMail.ts'
import type { FaultInput } from '../../../sim/ews/faults.ts'
import type { OpenConfig } from '../../../relay/openSecrets.ts'
import { account, fakeWeb, from, noHost, srv, simulatedEws, status, type FakeWeb } from './fakeWeb.ts'

const ewsUrl = 'https://mail.contoso.com/EWS/Exchange.asmx'
const found = 'POST https://autodiscover.contoso.com/autodiscover/autodiscover.xml'
const later = '2026-11-21T09:00:00.000Z'
const start = Date.parse('2026-11-21T08:00:00.000Z')
const png = 'iVBORw0KGgo='
const mail: Mail = { to: 'ana@contoso.com', subject: 'Your phone', html: '<p>Hi</p>' }

const ews = simulatedEws()

interface Sender extends MailSender {
  readonly web: FakeWeb
  nowMs: number
  readonly logged: string[]
}

function sender(answers: Parameters<typeof fakeWeb>[0] = {}, fixed: { ewsUrl?: string } = { ewsUrl }): Sender {
  const web = fakeWeb({ [`POST ${ewsUrl}`]: (request) => ews.answer(request), ...answers })
  const logged: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) })
  const made: Sender = {
    from,
    authentication: 'Basic',
    account,
    web,
    post: (request) => web.post(request),
    nowMs: start,
    now: () => made.nowMs,
    newId: () => 'id-1',
    log,
    logged,
    place: new EwsPlace({
      from,
      authentication: 'Basic',
      account,
      web,
      resolveSrv: srv({}),
      now: () => made.nowMs,
      ...fixed,
    }),
  }
  return made
}
const send = async (by: Sender, one: Mail = mail) => sendMail(one, () => later, by)

describe('a mail that Exchange takes', () => {
  test('arrives as it was given, with the headers that Exchange routes and logs by', async () => {
    const hostile: Mail = {
      to: "o'hara+x@contoso.com",
      subject: '§ <b> & "quotes" \u00e4😀 ]]> $(Get-Mailbox)',
      html: `<p class="a">&amp; \u00e9 😀</p>\n</t:Body><script>'\`$x\`'</script>`,
      imagePng: png,
    }
    expect(await send(sender(), hostile)).toEqual({ ok: true, warnings: [], durationMs: 0 })
    expect(ews.simulation.mails).toEqual([
      {
        from,
        to: [hostile.to],
        subject: hostile.subject,
        html: hostile.html,
        attachments: [
          { name: 'easgate.png', contentType: 'image/png', contentId: 'easgate', isInline: true, base64: png },
        ],
        headers: { userAgent: 'easgate', clientRequestId: 'id-1', anchorMailbox: from },
      },
    ])
  })
  test('of the largest size arrives whole', async () => {
    const html = '<'.repeat(200_000)
    expect(await send(sender(), { ...mail, html, imagePng: `${png.slice(0, 8)}${'A'.repeat(87_000)}` })).toMatchObject({
      ok: true,
    })
    expect(ews.simulation.mails[0]?.html).toHaveLength(200_000)
  })
  test('with characters that XML cannot hold arrives without them', async () => {
    await send(sender(), { ...mail, html: 'a\u0000b\ud800c' })
    expect(ews.simulation.mails[0]?.html).toBe('a\ufffdb\ufffdc')
  })
})

describe('what is said of a mail that Exchange did not take', () => {
  const cases: [FaultInput, string, number][] = [
    [{ on: 'ews', kind: 'error', code: 'ErrorInvalidRecipients' }, 'mailRefused', 0],
    [{ on: 'ews', kind: 'error', code: 'ErrorServerBusy', backOffMs: 10_000 }, 'mailDelayed', 0],
    [{ on: 'ews', kind: 'fault', code: 'ErrorServerBusy', backOffMs: 10_000 }, 'mailDelayed', 0],
    [{ on: 'ews', kind: 'status', status: 503 }, 'mailDelayed', 0],
    [{ on: 'ews', kind: 'status', status: 200 }, 'mailUnknown', 0],
    [{ on: 'ews', kind: 'status', status: 502, delivers: true }, 'mailUnknown', 1],
    [{ on: 'ews', kind: 'cut', delivers: true }, 'mailUnknown', 1],
    [{ on: 'ews', kind: 'cut' }, 'mailUnknown', 0],
  ]
  test.each(cases)('%j: %s', async (fault, category, delivered) => {
    ews.simulation.faults.set([fault])
    const by = sender()
    expect(await send(by)).toMatchObject({ ok: false, error: { category } })
    expect(ews.simulation.mails).toHaveLength(delivered)
    // Posted once, whatever was answered
    expect(by.web.asked).toHaveLength(1)
    expect(by.logged.join()).toMatch(new RegExp(`"event":"relay.mail.failed","category":"${category}"`))
    expect(by.logged.join()).not.toMatch(/ana|contoso|ä:ss/)
  })
  test('the wait that the server asks for is passed on', async () => {
    ews.simulation.faults.set([{ on: 'ews', kind: 'error', code: 'ErrorServerBusy', backOffMs: 10_000 }])
    expect(await send(sender())).toMatchObject({ error: { category: 'mailDelayed', retryAfterMs: 10_000 } })
  })
  test('a wrong password is the account’s fault and not the mail’s', async () => {
    expect(await send({ ...sender(), account: { user: 'x', password: 'y' } })).toMatchObject({
      error: { category: 'mailDelayed' },
    })
  })
})

describe('its time', () => {
  test('over before it began: not started', async () => {
    const by = sender()
    by.nowMs = Date.parse(later)
    expect(await send(by)).toMatchObject({ error: { category: 'expired' } })
    expect(by.web.asked).toEqual([])
  })
  test('over while EWS was looked for: not posted', async () => {
    const by: Sender = sender(
      {
        [found]: async (request) => {
          by.nowMs = Date.parse(later)
          return ews.answer(request)
        },
      },
      {},
    )
    expect(await send(by)).toMatchObject({ error: { category: 'expired' } })
    expect(by.web.places().join()).not.toContain('EWS')
  })
})

describe('where EWS is', () => {
  const hourMs = 3_600_000
  const searches = (by: Sender) => by.web.places().filter((place) => place === found).length
  const discovering = () =>
    sender(
      {
        [found]: (request) => ews.answer(request),
        [`POST ${ews.url}/EWS/Exchange.asmx`]: (request) => ews.answer(request),
      },
      {},
    )

  test('is looked up once and remembered for a week', async () => {
    const by = discovering()
    for (const hours of [0, 1, 100, 167]) {
      by.nowMs = start + hours * hourMs
      expect(await sendMail(mail, () => '2999-01-01T00:00:00Z', by)).toMatchObject({ ok: true })
    }
    expect(searches(by)).toBe(1)
    by.nowMs = start + 168 * hourMs
    await sendMail(mail, () => '2999-01-01T00:00:00Z', by)
    expect(searches(by)).toBe(2)
  })
  const doubts: [FaultInput, boolean][] = [
    [{ on: 'ews', kind: 'status', status: 503 }, true],
    [{ on: 'ews', kind: 'error', code: 'ErrorConnectionFailed' }, true],
    [{ on: 'ews', kind: 'error', code: 'ErrorMailboxMoveInProgress' }, true],
    [{ on: 'ews', kind: 'error', code: 'ErrorServerBusy' }, false],
    [{ on: 'ews', kind: 'cut' }, false],
  ]
  test.each(doubts)('after %j it is looked up again: %s, and only when it is an hour old', async (fault, isDoubted) => {
    const by = discovering()
    const at = async (minutes: number) => {
      by.nowMs = start + minutes * 60_000
      return sendMail(mail, () => '2999-01-01T00:00:00Z', by)
    }
    ews.simulation.faults.set([fault])
    await at(0)
    await at(59)
    expect(searches(by)).toBe(1)
    await at(60)
    await at(61)
    expect(searches(by)).toBe(isDoubted ? 2 : 1)
  })
  test('a search that fails is not made again for five minutes; the mail is delayed and says who was asked', async () => {
    const by = sender({}, {})
    const first = await send(by)
    expect(first).toMatchObject({ error: { category: 'mailDelayed', retryAfterMs: 300_000 } })
    expect(first.error?.message).toContain('autodiscover.contoso.com: connect: no such host')
    by.nowMs += 299_000
    expect(await send(by)).toMatchObject({ error: { category: 'mailDelayed', retryAfterMs: 1_000 } })
    expect(searches(by)).toBe(1)
    by.nowMs += 1_000
    await send(by)
    expect(searches(by)).toBe(2)
  })
  test('a doubted place is kept when the new search finds none', async () => {
    let isUp = true
    const by = sender(
      {
        [found]: async (request) => (isUp ? ews.answer(request) : noHost),
        [`POST ${ews.url}/EWS/Exchange.asmx`]: (request) => ews.answer(request),
      },
      {},
    )
    ews.simulation.faults.set([{ on: 'ews', kind: 'status', status: 503 }])
    await send(by)
    isUp = false
    by.nowMs = start + hourMs
    expect(await sendMail(mail, () => '2999-01-01T00:00:00Z', by)).toMatchObject({ ok: true })
    expect(searches(by)).toBe(2)
  })
})

describe('checkMail', () => {
  const check = async (answers: Parameters<typeof fakeWeb>[0], mailConfig: object = {}) => {
    const config = { mail: { from, authentication: 'Basic', account, ...mailConfig } } as unknown as OpenConfig
    return checkMail({
      config,
      installed: { modulePath: '' },
      log: pino({ level: 'silent' }),
      web: fakeWeb(answers),
      resolveSrv: srv({}),
    })
  }
  const good = () => ({
    [found]: ews.answer,
    [`POST ${ews.url}/EWS/Exchange.asmx`]: ews.answer,
    [`POST ${ewsUrl}`]: ews.answer,
  })

  test('finds EWS and opens the mailbox, and sends nothing', async () => {
    expect(await check(good())).toEqual([
      {
        step: 'autodiscover',
        ok: true,
        text: `EWS is at ${ews.url}/EWS/Exchange.asmx, says https://autodiscover.contoso.com/autodiscover/autodiscover.xml`,
      },
      { step: 'ews', ok: true, text: "the notification account's mailbox opens (Exchange 15.2.1544)" },
    ])
    expect(ews.simulation.mails).toEqual([])
  })
  test('needs no Autodiscover where the address is set', async () => {
    expect(await check(good(), { ewsUrl })).toMatchObject([
      { ok: true, text: `not needed: EWS is set to ${ewsUrl}` },
      { ok: true },
    ])
  })
  test.each([
    ['no EWS is found', {}, {}, ['autodiscover']],
    ['the address of the account is another', good, { ewsUrl, from: 'other@contoso.com' }, ['ews']],
    ['the password is wrong', good, { ewsUrl, account: { user: 'x', password: 'y' } }, ['ews']],
    ['something else answers', { [`POST ${ewsUrl}`]: status(200) }, { ewsUrl }, ['ews']],
  ])('%s: says so, with a remedy', async (_what, answers, mailConfig, wrong) => {
    const steps = await check(typeof answers === 'function' ? answers() : answers, mailConfig)
    expect(steps.filter(({ ok }) => !ok)).toEqual(
      wrong.map((step) => ({ step, ok: false, text: expect.any(String), remedy: expect.any(String) })),
    )
  })
  test('without a notification account there is nothing to check', async () => {
    const config = {} as unknown as OpenConfig
    expect(await checkMail({ config, installed: { modulePath: '' }, log: pino({ level: 'silent' }) })).toEqual([])
  })
})
