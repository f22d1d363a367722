// Reads one Bicep file into what the checks ask about: what it declares, what it refers to. By a grammar, not by a compiler: types are not checked.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Language, Parser } from 'web-tree-sitter'

let parser

/** Call once before the first readBicep. */
export async function loadGrammar() {
  await Parser.init()
  const wasm = createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm')
  parser = new Parser()
  parser.setLanguage(await Language.load(wasm))
}

/** The grammar is older than two spellings: `extension x` was `import 'x'`, and a parameter file assigns without a type. Lines stay as they are. */
function inOlderSpelling(file, text) {
  const older = text.replace(/^extension (\w+)/gm, "import '$1'")
  return file.endsWith('.bicepparam') ? older.replace(/^param (\w+) =/gm, 'var $1 =') : older
}

/** One file: `params`, `vars`, `types`, `resources`, `modules`, `outputs`, `references`, and `errors` where the grammar gave up. */
export function readBicep(file) {
  const { rootNode } = parser.parse(inOlderSpelling(file, readFileSync(file, 'utf8')))
  const read = { file, params: [], vars: [], types: [], resources: [], modules: [], outputs: [] }
  let decorators = []
  for (const node of rootNode.namedChildren) {
    if (node.type === 'decorators') decorators = node.namedChildren.map((one) => one.text)
    else if (node.type !== 'comment') {
      declare(read, node, decorators)
      decorators = []
    }
  }
  // The grammar ends a lambda too early (`x => x.a` is read as `(x => x).a`), so its names hold in the whole file
  const lambdaNames = new Set(rootNode.descendantsOfType('lambda_expression').flatMap(ownNames))
  return { ...read, errors: errorsIn(rootNode), references: referencesIn(rootNode), lambdaNames }
}

function declare(read, node, decorators) {
  const name = node.namedChildren.find(({ type }) => type === 'identifier')?.text
  const line = node.startPosition.row + 1
  const value = node.namedChildren.at(-1)
  const base = { name, line, value, decorators }
  if (node.type === 'parameter_declaration') {
    const hasDefault = /^param\s+\w+[^\n]*?[^=!<>]=[^=>]/.test(node.text)
    read.params.push({ ...base, hasDefault })
  } else if (node.type === 'variable_declaration') read.vars.push(base)
  else if (node.type === 'type_declaration') read.types.push(base)
  else if (node.type === 'output_declaration') read.outputs.push(base)
  else if (node.type === 'resource_declaration')
    read.resources.push({ ...base, ...resourceOf(node), body: bodyOf(value) })
  else if (node.type === 'module_declaration') {
    const body = bodyOf(value)
    read.modules.push({ ...base, path: textOf(stringIn(node)), passed: keysOf(propertyOf(body, 'params')) })
  }
}

function resourceOf(node) {
  const [type = '', version = ''] = textOf(stringIn(node)).split('@')
  return { resourceType: type, version, isExisting: node.children.some(({ type: kind }) => kind === 'existing') }
}

const stringIn = (node) => node.namedChildren.find(({ type }) => type === 'string')
const textOf = (string) => (string ? string.text.replace(/^'|'$/g, '') : '')

/** The object of a resource or module, inside its loop and its condition. */
function bodyOf(node) {
  if (!node || node.type === 'object') return node ?? null
  const inner = node.namedChildren.filter(({ type }) => ['object', 'if_statement', 'for_statement'].includes(type))
  return inner.length === 0 ? null : bodyOf(inner.at(-1))
}

/** The value of one property of an object, or null. */
export function propertyOf(object, name) {
  const property = propertiesOf(object).find((one) => keyOf(one) === name)
  return property?.namedChildren.at(-1) ?? null
}

/** The names of the properties that are written in an object. */
export function keysOf(object) {
  return propertiesOf(object).map(keyOf)
}

const propertiesOf = (object) => (object?.namedChildren ?? []).filter(({ type }) => type === 'object_property')
const keyOf = (property) => property.namedChildren[0]?.text.replace(/^'|'$/g, '') ?? ''

function errorsIn(node) {
  if (node.isError || node.isMissing) return [{ line: node.startPosition.row + 1, text: node.text.slice(0, 60) }]
  return node.hasError ? node.children.flatMap(errorsIn) : []
}

const declarations = new Set([
  'parameter_declaration',
  'variable_declaration',
  'type_declaration',
  'output_declaration',
  'resource_declaration',
  'module_declaration',
])

/** Every identifier that is used, not declared: `isCall`, `isType`, and the names that are its loop's or lambda's own. */
function referencesIn(root) {
  const found = []
  const visit = (node, local) => {
    const mine = [...local, ...ownNames(node)]
    node.namedChildren.forEach((child, index) => {
      const isName = index === 0 && (declarations.has(node.type) || node.type === 'object_property')
      if (child.type === 'identifier' && !isName && !isOwnName(node, child)) {
        const isCall = node.type === 'call_expression' && node.childForFieldName('function')?.id === child.id
        const isType = ['type', 'array_type', 'nullable_type', 'union_type'].includes(node.type)
        const path = pathFrom(node, child)
        if (!mine.includes(child.text))
          found.push({ name: child.text, line: child.startPosition.row + 1, isCall, isType, path })
      }
      visit(child, mine)
    })
  }
  visit(root, [])
  return found
}

/** `m.outputs.x` of an identifier m, as ['outputs', 'x']. */
function pathFrom(parent, identifier) {
  const path = []
  let child = identifier
  let node = parent
  while (node) {
    const isObject = node.type === 'member_expression' && node.childForFieldName('object')?.id === child.id
    if (isObject) path.push(node.childForFieldName('property')?.text ?? '')
    else if (node.type !== 'unary_expression' && node.type !== 'postfix_expression') break
    child = node
    node = node.parent
  }
  return path
}

function ownNames(node) {
  if (node.type === 'for_statement') {
    const single = node.childForFieldName('initializer')?.text
    const pair = node.namedChildren
      .find(({ type }) => type === 'for_loop_parameters')
      ?.namedChildren.map((one) => one.text)
    return [single, ...(pair ?? [])].filter(Boolean)
  }
  if (node.type !== 'lambda_expression') return []
  return node.namedChildren.slice(0, -1).map(({ text }) => text)
}

function isOwnName(node, child) {
  if (node.type === 'for_statement') return node.childForFieldName('initializer')?.id === child.id
  return node.type === 'lambda_expression' && node.namedChildren.at(-1)?.id !== child.id
}
