/** XML of the simulated EWS: requests parsed strictly with their namespaces, answers written by hand. Imports nothing of the product. Pure. */
import { XMLParser, XMLValidator } from 'fast-xml-parser'

export interface Element {
  /** `{namespace}name`. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  readonly text: string
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
})

/** Undefined: not well-formed, a prefix without a namespace, or not one root. */
export function parse(text: string): Element | undefined {
  if (XMLValidator.validate(text) !== true || text.includes('<!DOCTYPE')) return undefined
  try {
    const roots = elements(parser.parse(text), {})
    return roots.length === 1 ? roots[0] : undefined
  } catch {
    return undefined
  }
}

export function child(element: Element | undefined, ...path: readonly string[]): Element | undefined {
  return path.reduce<Element | undefined>((at, name) => at?.children.find((inner) => inner.name === name), element)
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

type Parsed = Record<string, unknown>

function elements(nodes: readonly Parsed[], outer: Readonly<Record<string, string>>): Element[] {
  return nodes.flatMap((node): Element[] => {
    const tag = Object.keys(node).find((key) => key !== ':@' && key !== '#text')
    if (tag === undefined) return []
    const attributes = (node[':@'] ?? {}) as Record<string, string>
    const declared = Object.entries(attributes).flatMap(([name, uri]) => {
      const prefix = /^xmlns(?::(.+))?$/.exec(name)
      return prefix ? [[prefix[1] ?? '', uri] as const] : []
    })
    const spaces = { ...outer, ...Object.fromEntries(declared) }
    const inner = node[tag] as Parsed[]
    return [
      {
        name: qualified(tag, spaces),
        attributes,
        children: elements(inner, spaces),
        text: inner.map((part) => (typeof part['#text'] === 'string' ? part['#text'] : '')).join(''),
      },
    ]
  })
}

function qualified(tag: string, spaces: Readonly<Record<string, string>>): string {
  const [local = '', prefix = ''] = tag.split(':').toReversed()
  const namespace = prefix === '' ? (spaces[''] ?? '') : spaces[prefix]
  if (namespace === undefined) throw new Error(`the prefix ${prefix} is not declared`)
  return `{${namespace}}${local}`
}
