/** What an expression of Bicep is worth, for the few forms that the app settings use: objects, strings, names, members, loops, three functions. */
import type { Node } from 'web-tree-sitter'

export type Scope = Readonly<Record<string, unknown>>

/** Throws where it meets a form that it does not know: better than a wrong value. */
export function valueOf(node: Node, scope: Scope): unknown {
  const form = forms[node.type]
  if (!form) throw new Error(`${node.type} is not known here: ${node.text}`)
  return form(node, scope)
}

const forms: Readonly<Record<string, (node: Node, scope: Scope) => unknown>> = {
  string: (node, scope) =>
    node.namedChildren
      .map((part) => (part?.type === 'interpolation' ? String(valueOf(child(part, 0), scope)) : part?.text))
      .join(''),
  boolean: (node) => node.text === 'true',
  identifier: (node, scope) => {
    if (!(node.text in scope)) throw new Error(`there is no ${node.text} here`)
    return scope[node.text]
  },
  member_expression: (node, scope) => {
    const object = valueOf(child(node, 0), scope) as Record<string, unknown>
    return object[child(node, 1).text]
  },
  object: (node, scope) =>
    Object.fromEntries(
      node.namedChildren
        .filter((one) => one?.type === 'object_property')
        .map((one) => [child(one, 0).text, valueOf(child(one, 1), scope)]),
    ),
  for_statement: (node, scope) => {
    const [variable, list] = [child(node, 0).text, valueOf(child(node, 1), scope) as unknown[]]
    return list.map((one) => valueOf(child(node, 2), { ...scope, [variable]: one }))
  },
  call_expression: (node, scope) => {
    const name = child(node, 0).text
    const values = child(node, 1).namedChildren.map((one) => valueOf(one, scope))
    if (name === 'string') return JSON.stringify(values[0])
    if (name === 'tenant') return scope['tenant']
    throw new Error(`the function ${name} is not known here`)
  },
}

function child(node: Node, index: number): Node {
  const found = node.namedChildren[index]
  if (!found) throw new Error(`${node.type} has no part ${index}: ${node.text}`)
  return found
}
