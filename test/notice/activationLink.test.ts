import qrcode from 'qrcode'
import { describe, expect, test } from 'vitest'
import { linkFrom } from '../../functions/core/activationLink.ts'
import { partitionOf } from '../../functions/core/partition.ts'
import { defaultPolicy } from '../../functions/core/settings.ts'
import type { NoticeReason } from '../../functions/core/types.ts'
import { mailUsers } from '../../functions/notice/mailUsers.ts'
import type { StoredRow } from '../../functions/portsStore.ts'
import { mailbox, owner, record } from '../core/build.ts'
import { activationFake } from '../fakes/activationFake.ts'
import { connectorId, world } from './noticeFixture.ts'

/** The mail to Ana about her held phone. */
async function mailOf(notificationHtml: string, publicUrl: string | null, reason: NoticeReason = 'notEnrolled') {
  const one = world()
  const activation = activationFake(publicUrl)
  const row = (kind: StoredRow['kind'], id: string, value: object, decision: object | null = null): StoredRow => ({
    mailboxGuid: 'm1',
    kind,
    id,
    data: JSON.stringify(value),
    decision: decision && JSON.stringify(decision),
  })
  const rows = [
    row('mailbox', '', mailbox({ guid: 'm1' })),
    row('user', 'user-1', owner()),
    row('record', 'r1', record({ guid: 'r1' }), { access: 'quarantine', reason }),
  ]
  await one.store.writeRows(connectorId, partitionOf('m1'), rows, [])
  const policy = { ...defaultPolicy, notificationHtml }
  const wanted = [{ mailboxGuid: 'm1', record: 'r1', reason }]
  await mailUsers({ ...one.ports, activation }, connectorId, policy, wanted, { actor: 'run r', runId: 'r' })
  const [mail] = one.exchange.mails.delivered
  const asked = (await one.store.audit(connectorId, 1, 9)).find(({ action }) => action === 'mailAsked')
  const [, token = null] = /\/activate\?token=([\w.-]+)/.exec(mail?.html ?? '') ?? []
  const link = token === null ? null : linkFrom(activation.open('activation link', token) ?? '')
  const linkId = (asked?.after as { activationLink?: string } | undefined)?.activationLink
  return { mail, token, link, linkId, now: one.clock.now(), written: JSON.stringify([asked, one.log.lines]) }
}

const base = 'https://easgate.example'

describe('a mail about a held phone', () => {
  test('carries a link for that record and user, and its QR code; the audit has the link’s id alone', async () => {
    const { mail, token, link, linkId, now, written } = await mailOf('', base)
    expect(link).toEqual({
      id: linkId,
      connectorId,
      record: 'r1',
      mailboxGuid: 'm1',
      userId: 'user-1',
      reason: 'notEnrolled',
      expiresMs: now.getTime() + 7 * 24 * 3_600_000,
    })
    const png = await qrcode.toBuffer(`${base}/activate?token=${token}`, { errorCorrectionLevel: 'M', scale: 5 })
    expect(mail?.imagePng).toBe(png.toString('base64'))
    // What a mail may carry (core/mail.ts)
    expect(png.length).toBeLessThan(64 * 1024)
    expect(mail?.html).toContain('<img src="cid:easgate"')
    expect(written).not.toContain(token?.slice(0, 20))
  })

  const qr = '<p>{{activationQr}}</p>'
  const anchor = '<a href="{{activationLink}}">go</a>'
  test.each([
    ['link and code', anchor + qr, base, true, true],
    ['the link alone', anchor, base, true, false],
    ['the code alone', qr, base, false, true],
    ['a picture of its own making', '<img src="cid:easgate" width="100" alt="x" />', base, false, true],
    ['neither', '<p>{{reason}}</p>', base, false, false],
    ['both, and no address of the app', anchor + qr, null, false, false],
    ['a picture, and no address of the app', '<p>a</p><img src="cid:easgate" alt="x" />', null, false, false],
  ])('whose template has %s', async (_, html, publicUrl, hasLink, hasImage) => {
    const { mail, token, linkId } = await mailOf(html, publicUrl)
    expect([token !== null, mail?.imagePng !== undefined]).toEqual([hasLink, hasImage])
    expect(mail?.html.includes('cid:easgate')).toBe(hasImage)
    expect(linkId !== undefined).toBe(hasLink || hasImage)
    expect(mail?.html).not.toContain('{{')
  })

  test('without an address of the app says what to do instead', async () => {
    const { mail } = await mailOf('', null)
    expect(mail?.html).toContain('Please enroll the device with the Company Portal app')
    expect(mail?.html).not.toMatch(/scan the code|activate/)
  })

  test('about a phone that a rule keeps out has no link: nothing there could help', async () => {
    expect((await mailOf('', base, 'extraRule')).token).toBeNull()
    expect((await mailOf('', base, 'notCompliant')).token).not.toBeNull()
  })
})
