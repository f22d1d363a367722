import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { Language, Parser, type Node } from 'web-tree-sitter'
import { failureCategories } from '../../../protocol/messages.ts'

const here = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const folder = here('../../../relay/powershell/module/')
const main = readFileSync(here('../../../relay/powershell/Easgate.psm1'), 'utf8')
const parts = readdirSync(folder).map((name) => [name, readFileSync(folder + name, 'utf8')] as const)
const source = [main, ...parts.map(([, text]) => text)].join('\n')
const host = readFileSync(here('../../../relay/powershell/shellHost.ts'), 'utf8')
const called = [...new Set([...host.matchAll(/\b(?:Open|Step|Close)-\w+/g)].map(([name]) => name))].toSorted()

let parser: Parser
beforeAll(async () => {
  await Parser.init()
  parser = new Parser()
  const wasm = createRequire(import.meta.url).resolve('tree-sitter-powershell/tree-sitter-powershell.wasm')
  parser.setLanguage(await Language.load(wasm))
})

function parse(text: string): Node {
  const tree = parser.parse(text)
  if (!tree) throw new Error('the parser was not set up')
  return tree.rootNode
}

function all(node: Node, type: string): Node[] {
  const below = node.children.flatMap((child) => (child ? all(child, type) : []))
  return node.type === type ? [node, ...below] : below
}

test('the module loads every file of its folder and no other', () => {
  const list = /foreach \(\$part in @\(([^)]+)\)\)/.exec(main)?.[1] ?? ''
  const loaded = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => `${name}.ps1`)
  expect(loaded.toSorted()).toEqual(parts.map(([name]) => name).toSorted())
})

test.each([['Easgate.psm1', main] as const, ...parts])('%s is PowerShell without a syntax error', (_name, text) => {
  const root = parse(text)
  const errors = all(root, 'ERROR').map((node) => `line ${node.startPosition.row + 1}: ${node.text.slice(0, 80)}`)
  expect({ hasError: root.hasError, errors }).toEqual({ hasError: false, errors: [] })
})

test.each([
  ['an unclosed string', source.replace("'closed'; Runspace", "'closed; Runspace")],
  ['an unclosed block', main.replace(/\}\n\nExport/, '\n\nExport')],
])('this test would see %s', (_what, broken) => {
  expect([main, source]).not.toContain(broken)
  expect(parse(broken).hasError).toBe(true)
})

test('the module exports exactly the functions that the relay calls', () => {
  const line = /^Export-ModuleMember -Function (.+)$/m.exec(source)?.[1] ?? ''
  const exported = [...line.matchAll(/'([^']+)'/g)].map(([, name]) => name ?? '')
  expect(exported.toSorted()).toEqual(called)
  expect(called).toEqual(['Close-Easgate', 'Open-Easgate', 'Step-Easgate'])
})

test('every function that the module calls is its own or comes with PowerShell', () => {
  const root = parse(source)
  const own = all(root, 'function_name').map((node) => node.text)
  const used = new Set(all(root, 'command_name').map((node) => node.text))
  const builtIn = new Set(
    'ConvertFrom-Json ConvertTo-Json Export-ModuleMember ForEach-Object Get-Command Join-Path New-Object Register-EngineEvent Remove-TypeData Select-Object Start-Sleep Test-Path Where-Object'.split(
      ' ',
    ),
  )
  const unknown = [...used].filter((name) => /^\w+-\w+$/.test(name) && !own.includes(name) && !builtIn.has(name))
  expect(unknown).toEqual([])
  expect(own.filter((name) => !used.has(name) && !called.includes(name))).toEqual([])
})

test('nothing in the module turns text into code', () => {
  expect(source).not.toMatch(/Invoke-Expression|\biex\b|ScriptBlock\]::Create|AddScript|Invoke-Command/i)
})

// @() on a List[object] that New-Object made fails with "Argument types do not match", in 5.1 and in 7 (PowerShell issue 27558).
test('no list of the module is wrapped in @()', () => {
  const lists = [...source.matchAll(/^ +(\w+) += New-Object -TypeName 'System\.Collections\.Generic/gm)].map(
    ([, name]) => name,
  )
  expect(lists).toEqual(expect.arrayContaining(['Queue', 'Jobs', 'Closing']))
  for (const name of lists) expect(source).not.toMatch(new RegExp(`@\\(\\$\\w+\\.${name}\\)`))
})

test('every public function has help and typed parameters', () => {
  for (const name of called) {
    const body = source.slice(source.indexOf(`function ${name} {`))
    expect(body.slice(0, 200)).toMatch(/<#\s+\.SYNOPSIS/)
  }
  const parameters = all(parse(source), 'script_parameter').map((node) => node.text)
  const publicOnes = parameters.filter((text) => text.includes('[Parameter('))
  expect(publicOnes).toHaveLength(3)
  for (const text of publicOnes) expect(text).toMatch(/\[(string|scriptblock)\] \$/)
})

test('the module names no category that the protocol does not have', () => {
  const literal = [...source.matchAll(/-Category '(\w+)'/g)].map(([, category]) => category)
  const table = /\$CategoryByReason = @\{([^}]+)\}/.exec(source)?.[1] ?? ''
  const mapped = [...table.matchAll(/= '(\w+)'/g)].map(([, category]) => category)
  expect(mapped.length).toBeGreaterThan(5)
  expect(
    [...literal, ...mapped].filter((name) => !(failureCategories as readonly string[]).includes(name ?? '')),
  ).toEqual([])
})

test('the module reads every property of a step that the relay sends', () => {
  for (const property of ['start', 'hold', 'cancel', 'waitMs', 'maxRows']) expect(source).toContain(`$step.${property}`)
  for (const property of ['key', 'cmdlet', 'parameters', 'returns', 'notAfter'])
    expect(source).toContain(`$Command.${property}`)
})
