/** What EWS's schemas want of a CreateItem (Messages.xsd, Types.xsd of Exchange 2010): names, namespaces, order, values. Pure. */
import type { Element } from './xml.ts'

const t = '{http://schemas.microsoft.com/exchange/services/2006/types}'
const m = '{http://schemas.microsoft.com/exchange/services/2006/messages}'

interface Rule {
  /** Children that may stand here, in this order, each at most once. */
  readonly order?: readonly string[]
  readonly required?: readonly string[]
  /** Only these, any number of them. */
  readonly any?: readonly string[]
  readonly attributes?: Readonly<Record<string, RegExp>>
  readonly text?: RegExp
}

const names = (prefix: string, text: string) => text.split(' ').map((name) => prefix + name)

// ItemType, then what MessageType adds to it
const itemOrder =
  'MimeContent ItemId ParentFolderId ItemClass Subject Sensitivity Body Attachments DateTimeReceived Size Categories Importance InReplyTo IsSubmitted IsDraft IsFromMe IsResend IsUnmodified InternetMessageHeaders DateTimeSent DateTimeCreated ResponseObjects ReminderDueBy ReminderIsSet ReminderMinutesBeforeStart DisplayCc DisplayTo HasAttachments ExtendedProperty Culture EffectiveRights LastModifiedName LastModifiedTime IsAssociated WebClientReadFormQueryString WebClientEditFormQueryString ConversationId UniqueBody'
const messageOrder =
  'Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested ConversationIndex ConversationTopic From InternetMessageId IsRead IsResponseRequested References ReplyTo ReceivedBy ReceivedRepresenting'
// AttachmentType, then what FileAttachmentType adds to it
const attachmentOrder =
  'AttachmentId Name ContentType ContentId ContentLocation Size LastModifiedTime IsInline IsContactPhoto Content'

const rules: Readonly<Record<string, Rule>> = {
  [`${m}CreateItem`]: {
    order: names(m, 'SavedItemFolderId Items'),
    required: names(m, 'Items'),
    attributes: { MessageDisposition: /^(SaveOnly|SendOnly|SendAndSaveCopy)$/ },
  },
  [`${m}SavedItemFolderId`]: { order: names(t, 'FolderId DistinguishedFolderId') },
  [`${t}DistinguishedFolderId`]: { order: names(t, 'Mailbox'), attributes: { Id: /^(sentitems|drafts|inbox)$/ } },
  [`${m}Items`]: { any: names(t, 'Message') },
  [`${t}Message`]: { order: names(t, `${itemOrder} ${messageOrder}`) },
  [`${t}Subject`]: { order: [], text: /^[^]{0,255}$/ },
  [`${t}Body`]: { order: [], attributes: { BodyType: /^(HTML|Text)$/ } },
  [`${t}Attachments`]: { any: names(t, 'FileAttachment') },
  [`${t}FileAttachment`]: { order: names(t, attachmentOrder), required: names(t, 'Name Content') },
  [`${t}IsInline`]: { order: [], text: /^(true|false)$/ },
  [`${t}Content`]: { order: [], text: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/ },
  [`${t}ToRecipients`]: { any: names(t, 'Mailbox') },
  [`${t}Mailbox`]: { order: names(t, 'Name EmailAddress RoutingType MailboxType ItemId') },
}

/** Undefined: the element fits the schema, with everything in it. */
export function schemaProblem(element: Element): string | undefined {
  const rule = rules[element.name]
  return (
    (rule && ownProblem(element, rule)) ?? element.children.map(schemaProblem).find((problem) => problem !== undefined)
  )
}

function ownProblem(element: Element, { order, required = [], any, attributes = {}, text }: Rule): string | undefined {
  const found = element.children.map(({ name }) => name)
  const wrong = found.find((name) => !(order ?? any ?? found).includes(name))
  if (wrong !== undefined) return `the element ${element.name} has invalid child element ${wrong}`
  if (order) {
    const places = found.map((name) => order.indexOf(name))
    const late = places.findIndex((place, index) => index > 0 && place <= (places[index - 1] ?? -1))
    if (late > 0) return `the element ${element.name} has child element ${found[late]} in the wrong place`
  }
  const missing = required.find((name) => !found.includes(name))
  if (missing !== undefined) return `the element ${element.name} lacks ${missing}`
  for (const [name, pattern] of Object.entries(attributes)) {
    if (!pattern.test(element.attributes[name] ?? '')) return `the attribute ${name} of ${element.name} is invalid`
  }
  return text && !text.test(element.text) ? `the text of ${element.name} is invalid` : undefined
}
