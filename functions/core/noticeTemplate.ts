/** Templates of mails: the placeholders that may stand in them, and how they are filled. Pure. */

/** A closed list: a typing error would reach people as `{{nmae}}`. */
export const placeholders = [
  'displayName',
  'deviceType',
  'deviceModel',
  'deviceId',
  'reason',
  'activationLink',
  'activationQr',
  'deadline',
] as const
type Placeholder = (typeof placeholders)[number]

export interface NoticeValues extends Readonly<
  Record<Exclude<Placeholder, 'activationLink' | 'activationQr'>, string>
> {
  /** An address; null: there is none, and `withoutLink` says what to do instead. */
  readonly activationLink: string | null
  readonly withoutLink: string
}

/** What is wrong with the placeholders of a text, as the end of a sentence; null: nothing. */
export function placeholderProblem(text: string): string | null {
  const named = [...text.matchAll(/\{\{(.*?)\}\}/gs)].map(([, name = '']) => name)
  const unknown = named.filter((name) => !(placeholders as readonly string[]).includes(name))
  if (unknown.length > 0) {
    const names = unknown.map((name) => `{{${name.slice(0, 40)}}}`).join(', ')
    return `unknown placeholder ${names}; known are ${placeholders.map((name) => `{{${name}}}`).join(', ')}`
  }
  const rest = text.replaceAll(/\{\{\w+\}\}/g, '')
  return rest.includes('{{') || rest.includes('}}') ? 'has {{ or }} without its other half' : null
}

/** Where a mail's HTML shows the picture that the mail carries: the QR code of its link. */
export const qrImage = 'cid:easgate'

/**
 * Values become text and nothing else, wherever they stand; `{{activationQr}}` becomes the picture of the link. Without a link the whole element that would
 * carry it gives way to the sentence, and the picture to nothing.
 */
export function fillHtml(html: string, values: NoticeValues): string {
  const { activationLink, withoutLink } = values
  const linked =
    activationLink === null
      ? html.replaceAll(emptyLink, () => escapeHtml(withoutLink)).replaceAll(emptyImage, '')
      : html
  const qr =
    activationLink === null ? '' : `<img src="${qrImage}" width="220" height="220" alt="QR code of the link" />`
  return linked.replaceAll(placeholder, (_, name: Placeholder) =>
    name === 'activationQr' ? qr : escapeHtml(valueOf(values, name)),
  )
}

/** One line of plain text of at most 255 characters: a mail's subject. */
export function fillSubject(subject: string, values: NoticeValues): string {
  const filled = subject.replaceAll(placeholder, (_, name: Placeholder) => valueOf(values, name))
  const line = filled.replaceAll(/\p{Cc}+/gu, ' ').trim()
  return line.slice(0, 255).replace(/[\uD800-\uDBFF]$/, '')
}

const placeholder = /\{\{(\w+)\}\}/g
const emptyImage = new RegExp(`<img\\b[^>]*\\ssrc=["']?${qrImage}\\b[^>]*>`, 'gi')
const emptyLink = /<a\b[^>]*\shref=(["']?)\{\{activationLink\}\}\1[^>]*>.*?<\/a\s*>/gis

function valueOf(values: NoticeValues, name: Placeholder): string {
  if (name === 'activationQr') return ''
  return name === 'activationLink' ? (values.activationLink ?? values.withoutLink) : values[name]
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
