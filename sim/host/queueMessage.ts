/** What crosses a storage queue: message text in the encoding of host.json, and a message's trigger metadata. Pure. */
import type { DequeuedMessageItem } from '@azure/storage-queue'
import type { QueueSettings } from './hostJson.ts'
import type { RpcData } from './rpc.ts'

export type Encoding = QueueSettings['messageEncoding']

/** The text a function sees; undefined when the queue's text is not what the encoding promises. */
export function decodeMessage(messageText: string, encoding: Encoding): string | undefined {
  if (encoding === 'none') return messageText
  if (messageText.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(messageText)) return undefined
  return Buffer.from(messageText, 'base64').toString('utf8')
}

export function encodeMessage(text: string, encoding: Encoding): string {
  return encoding === 'none' ? text : Buffer.from(text, 'utf8').toString('base64')
}

/**
 * The trigger metadata of a message. As in Azure, the top-level properties of a JSON object overwrite it, whatever their case:
 * a property named `id` replaces the queue message's own id.
 */
export function toTriggerMetadata(message: DequeuedMessageItem, text: string): Record<string, RpcData> {
  const metadata: Record<string, RpcData> = {
    QueueTrigger: { string: text },
    Id: { string: message.messageId },
    DequeueCount: { json: String(message.dequeueCount) },
    PopReceipt: { string: message.popReceipt },
    InsertionTime: { json: JSON.stringify(message.insertedOn) },
    ExpirationTime: { json: JSON.stringify(message.expiresOn) },
    NextVisibleTime: { json: JSON.stringify(message.nextVisibleOn) },
  }
  for (const [name, value] of Object.entries(propertiesOf(text))) {
    const replaced = Object.keys(metadata).find((key) => key.toLowerCase() === name.toLowerCase())
    if (replaced !== undefined) delete metadata[replaced]
    metadata[name] = typeof value === 'string' ? { string: value } : { json: JSON.stringify(value) }
  }
  return metadata
}

function propertiesOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
  } catch {
    return {}
  }
}

/** The messages in one queue output: each element of an array is a message of its own; objects travel as JSON. */
export function toMessages(data: RpcData | null | undefined): string[] {
  if (data === null || data === undefined) return []
  if (data.string !== undefined) return [data.string]
  if (data.bytes !== undefined) return [Buffer.from(data.bytes).toString('utf8')]
  if (data.int !== undefined) return [String(data.int)]
  if (data.json === undefined) return []
  const value: unknown = JSON.parse(data.json)
  return Array.isArray(value) ? value.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))) : [data.json]
}
