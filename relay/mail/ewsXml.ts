/** EWS requests (facts/exchange-and-graph.md C2): one HTML mail, and a harmless question. Values are data; the order of elements is the schema's. Pure. */
import { buildXml, xmlText, type XmlTree } from './xml.ts'

export const soap = 'http://schemas.xmlsoap.org/soap/envelope/'
export const types = 'http://schemas.microsoft.com/exchange/services/2006/types'
export const messages = 'http://schemas.microsoft.com/exchange/services/2006/messages'

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly html: string
  /** Base64; the HTML names it as `cid:easgate`. */
  readonly imagePng?: string | undefined
}

/** Exchange takes an older version than its own; this one has everything that is used here, in every server from 2010 SP1 on. */
const schemaVersion = 'Exchange2010_SP1'

/** Sends the mail and keeps a copy in Sent Items. */
export function createItem({ to, subject, html, imagePng }: Mail): string {
  return envelope({
    'm:CreateItem': {
      '@MessageDisposition': 'SendAndSaveCopy',
      'm:SavedItemFolderId': { 't:DistinguishedFolderId': { '@Id': 'sentitems' } },
      'm:Items': {
        // Types.xsd, ItemType then MessageType: another order is ErrorSchemaValidation
        't:Message': {
          't:Subject': xmlText(subject),
          't:Body': { '@BodyType': 'HTML', '#text': xmlText(html) },
          ...(imagePng !== undefined && { 't:Attachments': { 't:FileAttachment': inlineImage(imagePng) } }),
          't:ToRecipients': { 't:Mailbox': { 't:EmailAddress': xmlText(to) } },
        },
      },
    },
  })
}

/** Whether the account may open the mailbox that mails are sent from. Changes nothing. */
export function getSentItems(from: string): string {
  return envelope({
    'm:GetFolder': {
      'm:FolderShape': { 't:BaseShape': 'IdOnly' },
      'm:FolderIds': {
        't:DistinguishedFolderId': { '@Id': 'sentitems', 't:Mailbox': { 't:EmailAddress': xmlText(from) } },
      },
    },
  })
}

/** AttachmentType then FileAttachmentType, in the schema's order. */
function inlineImage(base64: string): XmlTree {
  return {
    't:Name': 'easgate.png',
    't:ContentType': 'image/png',
    't:ContentId': 'easgate',
    't:IsInline': 'true',
    't:Content': base64,
  }
}

function envelope(body: XmlTree): string {
  return buildXml({
    's:Envelope': {
      '@xmlns:s': soap,
      '@xmlns:t': types,
      '@xmlns:m': messages,
      's:Header': { 't:RequestServerVersion': { '@Version': schemaVersion } },
      's:Body': body,
    },
  })
}
