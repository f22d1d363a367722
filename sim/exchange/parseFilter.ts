/** Parses an OPATH filter, the text of `-Filter` (facts/exchange-and-graph.md A1, A2). Pure. */
import { errors } from './cmdletError.ts'

export type Operator = (typeof operators)[number]

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly of: Filter }
  | {
      readonly kind: 'compare'
      readonly property: string
      readonly operator: Operator
      readonly value: string | boolean | null
    }

interface Token {
  readonly kind: 'word' | 'operator' | 'text' | 'literal' | '(' | ')'
  readonly text: string
}

const operators = ['eq', 'ne', 'lt', 'gt', 'le', 'ge', 'like', 'notlike'] as const
const pattern =
  /\s+|(?<paren>[()])|'(?<single>(?:[^']|'')*)'|"(?<double>(?:[^"]|"")*)"|-(?<operator>[A-Za-z]+)|\$(?<literal>[A-Za-z]+)|(?<word>[A-Za-z0-9_.]+)/gy

// filter     := comparison* joined by -and, or by -or; both kinds in one group need parentheses
// comparison := '-not' comparison | '(' filter ')' | property operator value
export function parseFilter(text: string): Filter {
  const tokens = tokenize(text)
  const filter = parseGroup(tokens)
  const rest = tokens.shift()
  if (rest) throw errors.badFilter(`"${rest.text}" is not expected there in the filter "${text}".`)
  return filter
}

function parseGroup(tokens: Token[]): Filter {
  let left = parseTerm(tokens)
  let joined: string | undefined
  for (;;) {
    const [next] = tokens
    if (next?.kind !== 'operator' || (next.text !== 'and' && next.text !== 'or')) return left
    if (joined !== undefined && joined !== next.text) throw errors.badFilter('-and and -or are mixed: put parentheses.')
    tokens.shift()
    joined = next.text
    left = { kind: next.text, left, right: parseTerm(tokens) }
  }
}

function parseTerm(tokens: Token[]): Filter {
  const token = tokens.shift()
  if (token?.kind === 'operator' && token.text === 'not') return { kind: 'not', of: parseTerm(tokens) }
  if (token?.kind === '(') {
    const inner = parseGroup(tokens)
    if (tokens.shift()?.kind !== ')') throw errors.badFilter('a closing parenthesis is missing.')
    return inner
  }
  if (token?.kind !== 'word') throw errors.badFilter(`a property name is expected, not "${token?.text ?? 'the end'}".`)
  return parseComparison(token.text, tokens)
}

function parseComparison(property: string, tokens: Token[]): Filter {
  const token = tokens.shift()
  const operator = operators.find((known) => token?.kind === 'operator' && known === token.text)
  if (operator === undefined) {
    throw errors.badFilter(`"${token?.text ?? 'the end'}" after ${property} is not a comparison operator.`)
  }
  const value = tokens.shift()
  if (value?.kind === 'literal') {
    if (!Object.hasOwn(literals, value.text)) throw errors.badFilter(`$${value.text} is not known.`)
    return { kind: 'compare', property, operator, value: literals[value.text] ?? null }
  }
  const isNumber = value?.kind === 'word' && /^\d+$/.test(value.text)
  if (value?.kind !== 'text' && !isNumber) throw errors.badFilter(`a value in quotes is expected after -${operator}.`)
  return { kind: 'compare', property, operator, value: value?.text ?? '' }
}

const literals: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null }

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  pattern.lastIndex = 0
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    const groups = pattern.exec(text)?.groups
    if (!groups) throw errors.badFilter(`the filter cannot be read from "${text.slice(at, at + 40)}" on.`)
    const token = toToken(groups)
    if (token) tokens.push(token)
  }
  return tokens
}

function toToken(groups: Partial<Record<string, string>>): Token | undefined {
  if (groups['paren'] === '(' || groups['paren'] === ')') return { kind: groups['paren'], text: groups['paren'] }
  if (groups['single'] !== undefined) return { kind: 'text', text: groups['single'].replaceAll("''", "'") }
  if (groups['double'] !== undefined) return { kind: 'text', text: groups['double'].replaceAll('""', '"') }
  if (groups['operator'] !== undefined) return { kind: 'operator', text: groups['operator'].toLowerCase() }
  if (groups['literal'] !== undefined) return { kind: 'literal', text: groups['literal'].toLowerCase() }
  if (groups['word'] !== undefined) return { kind: 'word', text: groups['word'] }
  return undefined
}
