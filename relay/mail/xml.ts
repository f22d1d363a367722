/** XML in and out by a library, with what it leaves open closed: no DOCTYPE, no entities of its own, names by namespace. Pure. */
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'

/** An element with its namespace resolved; prefixes are gone, since any server may choose its own. */
export interface XmlElement {
  readonly namespace: string
  readonly name: string
  /** By name without prefix. */
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** All text directly in it, as it stands. */
  readonly text: string
}

/** Elements in their order; attributes are `@name`, text is `#text`. Values are escaped. */
export interface XmlTree {
  readonly [name: string]: string | XmlTree
}

/** What no answer of Autodiscover or EWS comes near. */
const mostChars = 1024 * 1024
const deepest = 40

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  cdataPropName: '#cdata',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
})
const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  processEntities: true,
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
})

/** Throws an Error that says why the text is no XML that can be taken, without quoting it. */
export function parseXml(text: string): XmlElement {
  if (text.length > mostChars) throw new Error(`${text.length} characters; an answer has at most ${mostChars}`)
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new Error('it has a document type, as no answer of Exchange has')
  const validity = XMLValidator.validate(text)
  if (validity !== true) throw new Error(`not well-formed: ${validity.err.code} in line ${validity.err.line}`)
  const roots = elementsOf(parser.parse(text), new Map([['', '']]), 0)
  const [root, ...others] = roots
  if (!root || others.length > 0) throw new Error(`${roots.length} root elements`)
  return root
}

/** `declaration` and the one root element. */
export function buildXml(root: XmlTree): string {
  return `<?xml version="1.0" encoding="utf-8"?>${builder.build(root)}`
}

/** The text with what XML 1.0 cannot hold replaced: control characters and halves of surrogate pairs. */
export function xmlText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- exactly those are meant
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Cs}]/gu, '\ufffd')
}

/** The first child of that name, down a path of names in one namespace. */
export function find(element: XmlElement | undefined, namespace: string, ...path: string[]): XmlElement | undefined {
  let found = element
  for (const name of path) found = found?.children.find((child) => child.namespace === namespace && child.name === name)
  return found
}

/** What the parser gives with preserveOrder: one key that names the element, and `:@` with its attributes. */
type ParsedNode = Readonly<Record<string, unknown>>

function elementsOf(nodes: readonly ParsedNode[], outer: ReadonlyMap<string, string>, depth: number): XmlElement[] {
  if (depth > deepest) throw new Error(`more than ${deepest} levels`)
  return nodes.flatMap((node) => {
    const [tag] = Object.keys(node).filter((key) => key !== ':@' && !key.startsWith('#'))
    if (tag === undefined) return []
    const given = (node[':@'] ?? {}) as Readonly<Record<string, string>>
    const spaces = withDeclared(outer, given)
    const inner = node[tag] as readonly ParsedNode[]
    const [prefix, name] = splitName(tag)
    return {
      namespace: namespaceOf(spaces, prefix),
      name,
      attributes: attributesOf(given),
      children: elementsOf(inner, spaces, depth + 1),
      text: inner.map(textOf).join(''),
    }
  })
}

function withDeclared(
  outer: ReadonlyMap<string, string>,
  given: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const declared = Object.entries(given).filter(([name]) => name === 'xmlns' || name.startsWith('xmlns:'))
  if (declared.length === 0) return outer
  return new Map([...outer, ...declared.map(([name, uri]) => [name.slice('xmlns:'.length), decode(uri)] as const)])
}

function attributesOf(given: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(given).filter(([name]) => !/^xmlns(:|$)/.test(name))
  return Object.fromEntries(own.map(([name, value]) => [splitName(name)[1], decode(value)]))
}

function namespaceOf(spaces: ReadonlyMap<string, string>, prefix: string): string {
  const namespace = spaces.get(prefix)
  if (namespace === undefined) throw new Error('a prefix that no namespace was declared for')
  return namespace
}

function splitName(tag: string): [prefix: string, name: string] {
  const colon = tag.indexOf(':')
  return colon < 0 ? ['', tag] : [tag.slice(0, colon), tag.slice(colon + 1)]
}

function textOf(node: ParsedNode): string {
  if (typeof node['#text'] === 'string') return decode(node['#text'])
  const cdata = node['#cdata']
  if (!Array.isArray(cdata)) return ''
  return cdata.map(({ '#text': part }: ParsedNode) => (typeof part === 'string' ? part : '')).join('')
}

const predefined: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The five entities that every XML has, and characters by number; any other entity stays as it was written. */
function decode(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(\w+));/g,
    (whole, dec?: string, hex?: string, name = '') => {
      if (dec === undefined && hex === undefined) return predefined[name] ?? whole
      const code = dec === undefined ? Number.parseInt(hex ?? '', 16) : Number(dec)
      return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole
    },
  )
}
