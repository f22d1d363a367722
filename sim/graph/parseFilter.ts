/** Reads the part of OData's `$filter` that is used with Graph: comparisons, `contains`, `startsWith`, `in`, joined by `and`, `or`, brackets. Pure. */

export type Comparison = {
  readonly kind: 'compare'
  readonly property: string
  readonly op: string
  /** More than one for `in` only. Quotes are taken off. */
  readonly values: readonly string[]
  readonly isQuoted: boolean
}
export type Filter = Comparison | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }

/** Null where the text is none of this. */
export function parseFilter(text: string): Filter | null {
  const tokens = tokenize(text)
  if (tokens === null) return null
  const reader = { tokens, at: 0 }
  const filter = readJoined(reader, 'or')
  return filter !== null && reader.at === tokens.length ? filter : null
}

type Reader = { readonly tokens: readonly string[]; at: number }

function tokenize(text: string): string[] | null {
  const token = /\s*(\(|\)|,|'(?:[^']|'')*'|[^\s(),']+)/y
  const tokens: string[] = []
  const end = text.trimEnd().length
  while (token.lastIndex < end) {
    const match = token.exec(text)
    if (match?.[1] === undefined) return null
    tokens.push(match[1])
  }
  return tokens
}

function readJoined(reader: Reader, word: 'and' | 'or'): Filter | null {
  const parts: Filter[] = []
  do {
    const part = word === 'or' ? readJoined(reader, 'and') : readTerm(reader)
    if (part === null) return null
    parts.push(part)
  } while (take(reader, word))
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : { kind: word, parts }
}

function readTerm(reader: Reader): Filter | null {
  if (take(reader, '(')) {
    const inside = readJoined(reader, 'or')
    return inside !== null && take(reader, ')') ? inside : null
  }
  const first = next(reader)
  if (first === null) return null
  if (first.endsWith('/any')) return readAny(reader, first.slice(0, -'/any'.length))
  if (take(reader, '(')) {
    const property = next(reader)
    const isList = take(reader, ',')
    const value = next(reader)
    return property !== null && isList && value !== null && take(reader, ')') ? compare(property, first, [value]) : null
  }
  const op = next(reader)
  if (op === 'in') return readIn(reader, first)
  const value = next(reader)
  return op === null || value === null ? null : compare(first, op, [value])
}

/** `proxyAddresses/any(p:p eq 'smtp:a')`. */
function readAny(reader: Reader, property: string): Filter | null {
  if (!take(reader, '(')) return null
  const [variable, op, value] = [next(reader), next(reader), next(reader)]
  const isItself = variable !== null && /^(\w+):\1$/.test(variable)
  if (!isItself || op !== 'eq' || value === null || !take(reader, ')')) return null
  return compare(property, 'any', [value])
}

function readIn(reader: Reader, property: string): Filter | null {
  if (!take(reader, '(')) return null
  const values: string[] = []
  do {
    const value = next(reader)
    if (value === null) return null
    values.push(value)
  } while (take(reader, ','))
  return take(reader, ')') ? compare(property, 'in', values) : null
}

function compare(property: string, op: string, values: readonly string[]): Comparison {
  const isQuoted = values.every((value) => value.startsWith("'"))
  const plain = values.map((value) => (value.startsWith("'") ? value.slice(1, -1).replaceAll("''", "'") : value))
  return { kind: 'compare', property, op: op.toLowerCase(), values: plain, isQuoted }
}

function next(reader: Reader): string | null {
  const token = reader.tokens[reader.at]
  if (token === undefined) return null
  reader.at += 1
  return token
}

function take(reader: Reader, word: string): boolean {
  if (reader.tokens[reader.at]?.toLowerCase() !== word) return false
  reader.at += 1
  return true
}
