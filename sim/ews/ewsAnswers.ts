/** What EWS answers to CreateItem and GetFolder: the shapes of the real one, namespaces included (facts/exchange-and-graph.md C2). Pure but for the journal. */
import { schemaProblem } from './schema.ts'
import type { EwsSimulation, SentMail } from './simulation.ts'
import { child, escape, parse, type Element } from './xml.ts'

const soap = 'http://schemas.xmlsoap.org/soap/envelope/'
const types = 'http://schemas.microsoft.com/exchange/services/2006/types'
const messages = 'http://schemas.microsoft.com/exchange/services/2006/messages'
const errors = 'http://schemas.microsoft.com/exchange/services/2006/errors'
const s = `{${soap}}`
const t = `{${types}}`
const m = `{${messages}}`

export interface EwsAnswer {
  readonly status: number
  readonly body: string
}
export interface Operation {
  readonly name: 'CreateItem' | 'GetFolder'
  readonly element: Element
}

/** The operation of a request, or the fault that a request gets which the schema does not fit. */
export function readOperation(text: string): Operation | EwsAnswer {
  const envelope = parse(text)
  if (!envelope || envelope.name !== `${s}Envelope`) return { status: 400, body: '' }
  const version = child(envelope, `${s}Header`, `${t}RequestServerVersion`)?.attributes['Version'] ?? ''
  if (!/^Exchange20(07(_SP1)?|10(_SP[12])?|13(_SP1)?|16)$/.test(version)) return fault('ErrorInvalidServerVersion')
  const [element, ...others] = child(envelope, `${s}Body`)?.children ?? []
  const name = (['CreateItem', 'GetFolder'] as const).find((one) => element?.name === m + one)
  if (!element || !name || others.length > 0)
    return fault('ErrorSchemaValidation', 'The request failed schema validation.')
  const problem = schemaProblem(element)
  return problem === undefined
    ? { name, element }
    : fault('ErrorSchemaValidation', `The request failed schema validation: ${problem}`)
}

/** The mail that a CreateItem would send; undefined: it only saves one. */
export function mailOf({ element }: Operation, from: string, headers: SentMail['headers']): SentMail | undefined {
  const message = child(element, `${m}Items`, `${t}Message`)
  if (!message || element.attributes['MessageDisposition'] === 'SaveOnly') return undefined
  const textOf = (at: Element | undefined, name: string) => child(at, t + name)?.text ?? ''
  return {
    from,
    to: (child(message, `${t}ToRecipients`)?.children ?? []).map((mailbox) => textOf(mailbox, 'EmailAddress')),
    subject: textOf(message, 'Subject'),
    html: textOf(message, 'Body'),
    attachments: (child(message, `${t}Attachments`)?.children ?? []).map((one) => ({
      name: textOf(one, 'Name'),
      contentType: textOf(one, 'ContentType'),
      contentId: textOf(one, 'ContentId'),
      isInline: textOf(one, 'IsInline') === 'true',
      base64: textOf(one, 'Content'),
    })),
    headers,
  }
}

/** Good, or with the code of an error. */
export function answer(
  operation: Operation['name'],
  error?: { readonly code: string; readonly message: string; readonly backOffMs?: number | undefined },
): EwsAnswer {
  const inner = error
    ? `<m:MessageText>${escape(error.message)}</m:MessageText><m:ResponseCode>${error.code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>${messageXml(error.backOffMs)}${operation === 'CreateItem' ? '<m:Items/>' : '<m:Folders/>'}`
    : `<m:ResponseCode>NoError</m:ResponseCode>${operation === 'CreateItem' ? '<m:Items/>' : folder}`
  const response = `${operation}Response`
  const body = `<m:${response} xmlns:m="${messages}" xmlns:t="${types}"><m:ResponseMessages><m:${response}Message ResponseClass="${error ? 'Error' : 'Success'}">${inner}</m:${response}Message></m:ResponseMessages></m:${response}>`
  return { status: 200, body: envelope(body) }
}

/** Throttling and authorization come as faults, too, with HTTP 500. */
export function fault(
  code: string,
  message = 'The server cannot service this request right now.',
  backOffMs?: number,
): EwsAnswer {
  const detail = `<e:ResponseCode xmlns:e="${errors}">${code}</e:ResponseCode><e:Message xmlns:e="${errors}">${escape(message)}</e:Message>${messageXml(backOffMs, `xmlns:t="${types}"`, 't')}`
  const body = `<s:Fault><faultcode xmlns:a="${types}">a:${code}</faultcode><faultstring xml:lang="en-US">${escape(message)}</faultstring><detail>${detail}</detail></s:Fault>`
  return { status: 500, body: envelope(body) }
}

/** The real one knows more mailboxes; here the account opens its own alone. */
export function folderError({ element }: Operation, { account }: EwsSimulation) {
  const address = child(element, `${m}FolderIds`, `${t}DistinguishedFolderId`, `${t}Mailbox`, `${t}EmailAddress`)?.text
  if (address === undefined || address.toLowerCase() === account.address.toLowerCase()) return undefined
  return { code: 'ErrorNonExistentMailbox', message: 'No mailbox with such guid.' }
}

const folder = '<m:Folders><t:Folder><t:FolderId Id="AAMk" ChangeKey="AQAA"/></t:Folder></m:Folders>'

function messageXml(backOffMs: number | undefined, declared = '', prefix = 'm'): string {
  if (backOffMs === undefined) return ''
  const value = `<t:Value Name="BackOffMilliseconds">${backOffMs}</t:Value>`
  return `<${prefix}:MessageXml ${declared}>${value}</${prefix}:MessageXml>`
}

function envelope(body: string): string {
  const version = `<h:ServerVersionInfo MajorVersion="15" MinorVersion="2" MajorBuildNumber="1544" MinorBuildNumber="4" Version="V2017_07_11" xmlns:h="${types}" xmlns="${types}"/>`
  return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${soap}"><s:Header>${version}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
}
