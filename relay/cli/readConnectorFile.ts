/**
 * The configuration of the original connector, OnPremisesExchangeConnectorServiceConfiguration.xml, as named values. Microsoft never published
 * its schema: what is public are three elements (IsCasFailoverEnabled, EnableParallelCommandSupport, ExchangeWebServiceURL). Pure.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { CommandFailure } from './output.ts'

/** One value with the name that the file gives it, the names of what is around it, outermost first. */
export interface NamedValue {
  readonly name: string
  readonly around: readonly string[]
  readonly value: string
}

const deepest = 32

/**
 * Read the same, in any case and with any namespace prefix:
 *   <ProxyPort>8080</ProxyPort>
 *   <Settings ProxyPort="8080"/>
 *   <add key="ProxyPort" value="8080"/>                              (appSettings)
 *   <setting name="ProxyPort"><value>8080</value></setting>          (applicationSettings)
 * A DOCTYPE is refused: the original has none, and entities of its own are how XML is used to attack. Throws a CommandFailure.
 */
export function readConnectorFile(bytes: Uint8Array): NamedValue[] {
  const text = decode(bytes)
  if (/<!DOCTYPE/i.test(text)) throw new CommandFailure('it has a DOCTYPE, which the original connector never wrote')
  const checked = XMLValidator.validate(text)
  if (checked !== true) {
    const { msg, line } = checked.err
    throw new CommandFailure(`it is not well-formed XML (line ${line}: ${msg.replace(/\s+/g, ' ').slice(0, 200)})`)
  }
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    alwaysCreateTextNode: true,
  })
  return valuesIn(parser.parse(text), [])
}

/** .NET writes UTF-8, or UTF-16 with a byte order mark. */
function decode(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw new CommandFailure(`it is no text in ${encoding.toUpperCase()}`)
  }
}

function valuesIn(node: unknown, around: readonly string[]): NamedValue[] {
  if (around.length > deepest) throw new CommandFailure(`its elements are nested more than ${deepest} deep`)
  if (Array.isArray(node)) return node.flatMap((one) => valuesIn(one, around))
  if (typeof node !== 'object' || node === null) return []
  const pair = pairIn(node, around)
  if (pair) return [pair]
  return Object.entries(node).flatMap(([name, inner]) => {
    if (name === '#text') return textValue(inner, around)
    if (name.startsWith('@')) return isNamespace(name) ? [] : [{ name: name.slice(1), around, value: String(inner) }]
    return valuesIn(inner, [...around, name])
  })
}

function textValue(text: unknown, around: readonly string[]): NamedValue[] {
  const value = String(text).trim()
  const name = around.at(-1)
  return name === undefined || value === '' ? [] : [{ name, around: around.slice(0, -1), value }]
}

/** The key-and-value form. */
function pairIn(node: object, around: readonly string[]): NamedValue | undefined {
  const entries = new Map(Object.entries(node).map(([name, inner]) => [name.toLowerCase(), inner as unknown]))
  const name = entries.get('@key') ?? entries.get('@name')
  const inner = entries.get('@value') ?? textOf(entries.get('value'))
  if (typeof name !== 'string' || typeof inner !== 'string') return undefined
  return { name, around: around.slice(0, -1), value: inner.trim() }
}

function textOf(node: unknown): unknown {
  return typeof node === 'object' && node !== null && '#text' in node ? node['#text'] : node
}

function isNamespace(name: string): boolean {
  return /^@(xmlns|nil|type|schemaLocation|noNamespaceSchemaLocation)$/i.test(name)
}
