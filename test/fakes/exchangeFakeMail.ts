/** The notification account of the fake Exchange: mails it took, how the next ones end, and what it refuses as the real chain does. */
import { AppError } from '../../functions/errors.ts'
import type { Mail, MailOutcome } from '../../functions/core/mail.ts'

/** How one mail ends. `delivers`: whether it reached its reader, told or not; by default what `state` says. */
export type FakeMailEnd = Partial<Omit<MailOutcome, 'id'>> & {
  readonly delivers?: boolean
  /** The conversation breaks before the outcome is told. */
  readonly breaks?: boolean
}

export interface FakeMails {
  /** That reached their readers, in order. */
  readonly delivered: Mail[]
  /** Of the mails to come, in order; all others are sent. */
  readonly ends: FakeMailEnd[]
  /** Batches that were run, by id: a repeated one is answered with the same outcomes. */
  readonly batches: Map<string, { readonly text: string; readonly outcomes: MailOutcome[] }>
}

export function fakeMails(): FakeMails {
  return { delivered: [], ends: [], batches: new Map() }
}

/** Runs what never ran of the batch; `breakOff` is called where the conversation breaks. */
export function* runFakeMails(
  fake: FakeMails,
  batchId: string,
  mails: readonly Mail[],
  breakOff: () => void,
): Generator<MailOutcome> {
  const text = JSON.stringify(mails)
  const first = fake.batches.get(batchId) ?? { text, outcomes: [] }
  if (first.text !== text) throw new AppError('relayRefused', `replayed: batch ${batchId} was used for other commands`)
  fake.batches.set(batchId, first)
  for (const [index, mail] of mails.entries()) {
    const known = first.outcomes[index]
    const {
      state = 'sent',
      message = null,
      retryAfterMs,
      delivers = state === 'sent',
      breaks = false,
    } = known ? {} : (fake.ends.shift() ?? {})
    const outcome = known ?? { id: mail.id, state, message, ...(retryAfterMs !== undefined && { retryAfterMs }) }
    if (!known) {
      first.outcomes.push(outcome)
      if (delivers) fake.delivered.push(mail)
    }
    if (breaks) {
      breakOff()
      for (const { id } of mails.slice(index)) yield { id, state: 'unknown', message: 'the conversation broke' }
      return
    }
    yield outcome
  }
}

/** Throws AppError badRequest. */
export function checkFakeMail({ to, subject, html, imagePng }: Mail): void {
  const isAddress = /^[^\s@<>()[\],;:"\\\p{Cc}]+@[^\s@<>()[\],;:"\\\p{Cc}]+$/u.test(to) && to.length <= 320
  const isSubject = /^[^\p{Cc}]{1,255}$/u.test(subject)
  const isImage = imagePng === undefined || (imagePng.startsWith('iVBORw0KGgo') && imagePng.length <= 87_384)
  const isHtml = html.length > 0 && html.length <= 200_000
  if (!isAddress || !isSubject || !isHtml || !isImage) throw new AppError('badRequest', 'a mail that cannot be sent')
}
