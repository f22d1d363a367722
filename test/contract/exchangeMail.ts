/** The contract of the port Exchange about mails: one suite for the fake and for the real chain down to the simulated EWS. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Mail, MailOutcome } from '../../functions/core/mail.ts'
import type { Conversation, Exchange } from '../../functions/ports.ts'
import { collect } from '../exchange/collect.ts'

export interface MailSide {
  readonly exchange: Exchange
  readonly connectorId: string
  /** That reached their readers, in order. */
  delivered(): readonly Pick<Mail, 'to' | 'subject' | 'html' | 'imagePng'>[]
  /** How the next mails end. */
  next(...ends: readonly MailEnd[]): void
  close(): Promise<void>
}
/** lost…: the answer is lost, before or after the mail reached its reader. */
export type MailEnd = 'good' | 'refused' | 'busy' | 'lostBefore' | 'lostAfter'

const png = 'iVBORw0KGgo='
const mail = (id: string, more: Partial<Mail> = {}): Mail => ({
  id,
  to: `${id}@contoso.com`,
  subject: `About ${id}`,
  html: '<p>Hi</p>',
  ...more,
})

export function mailContract(name: string, open: () => Promise<MailSide>): void {
  describe(`contract of Exchange, mails: ${name}`, () => {
    let opened: MailSide | undefined
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(async () => opened?.close())
    const side = (): MailSide => {
      if (!opened) throw new Error('the side did not open')
      return opened
    }
    const converse = async <T>(use: (conversation: Conversation) => Promise<T>) =>
      side().exchange.converse(side().connectorId, use)
    const send = async (batchId: string, mails: readonly Mail[]) =>
      converse(async (conversation) => collect(conversation.sendMail(batchId, mails)))
    const arrived = (since: number) => side().delivered().slice(since)

    test('the relay says that it takes mails', async () => {
      expect(await converse(async ({ relay }) => relay.sendsMail)).toBe(true)
    })

    test('mails arrive as they were given, one outcome each, in order', async () => {
      const since = side().delivered().length
      const hostile = {
        subject: '§ $(Get-Mailbox) `x` \' " ä😀',
        html: '<p a="1">\'&amp;\' ]]> </t:Body>\n😀</p>',
        imagePng: png,
      }
      const outcomes = await send('arrive', [mail('one'), mail('two', hostile)])
      expect(outcomes).toEqual([sent('one'), sent('two')])
      const { id: _one, ...one } = mail('one')
      const { id: _two, ...two } = mail('two', hostile)
      expect(arrived(since)).toEqual([one, two])
    })

    test('a large mail arrives whole', async () => {
      const since = side().delivered().length
      const large = mail('large', { html: 'ä"<'.repeat(66_666), imagePng: `iVBORw0KGgo${'A'.repeat(87_373)}` })
      expect(await send('large', [large])).toEqual([sent('large')])
      expect(arrived(since)[0]?.html === large.html && arrived(since)[0]?.imagePng === large.imagePng).toBe(true)
    })

    test('what is certain and what is not is told apart, and one does not stop the next', async () => {
      const since = side().delivered().length
      side().next('refused', 'busy', 'lostBefore', 'lostAfter', 'good')
      const outcomes = await send(
        'ends',
        ['a', 'b', 'c', 'd', 'e'].map((id) => mail(id)),
      )
      const message = expect.any(String) as unknown
      expect(outcomes).toEqual([
        { id: 'a', state: 'refused', message },
        { id: 'b', state: 'delayed', message, retryAfterMs: 7_000 },
        { id: 'c', state: 'unknown', message },
        { id: 'd', state: 'unknown', message },
        sent('e'),
      ])
      expect(arrived(since).map(({ to }) => to)).toEqual(['d@contoso.com', 'e@contoso.com'])
    })

    test('a batch that was sent is not sent again: it is answered with the first outcomes', async () => {
      const since = side().delivered().length
      side().next('good', 'lostAfter', 'refused')
      const mails = ['f', 'g', 'h'].map((id) => mail(id))
      const first = await send('again', mails)
      expect(await send('again', mails)).toEqual(first)
      expect(arrived(since).map(({ to }) => to)).toEqual(['f@contoso.com', 'g@contoso.com'])
    })

    test('a batch with the id of another is refused', async () => {
      await send('used', [mail('i')])
      const since = side().delivered().length
      await expect(send('used', [mail('j')])).rejects.toMatchObject({ code: 'relayRefused' })
      expect(arrived(since)).toEqual([])
    })

    test.each<[string, Partial<Mail>]>([
      ['two addresses', { to: 'a@contoso.com, b@contoso.com' }],
      ['an address with a line end', { to: 'a@contoso.com\r\nBcc: b@contoso.com' }],
      ['a subject of two lines', { subject: 'a\nb' }],
      ['a subject that is too long', { subject: 'x'.repeat(256) }],
      ['no text', { html: '' }],
      ['too much text', { html: 'x'.repeat(200_001) }],
      ['an image that is no PNG', { imagePng: 'R0lGODlh' }],
    ])('a mail with %s is not sent, nor any other of its batch', async (what, wrong) => {
      const since = side().delivered().length
      await expect(send(`wrong ${what}`, [mail('k'), mail('l', wrong)])).rejects.toMatchObject({ code: 'badRequest' })
      expect(arrived(since)).toEqual([])
    })

    test('a conversation that is over sends nothing', async () => {
      const since = side().delivered().length
      const over = await converse(async (conversation) => conversation)
      await expect(collect(over.sendMail('over', [mail('m')]))).rejects.toMatchObject({ name: 'AppError' })
      expect(arrived(since)).toEqual([])
    })
  })
}

function sent(id: string): MailOutcome {
  return { id, state: 'sent', message: null }
}
