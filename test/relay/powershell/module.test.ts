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
const beside = here('../../../relay/powershell/')
/** The module and its parts, and the two scripts beside it with theirs. */
const files = readdirSync(beside, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.psm?1$/.test(name))
  .map((name) => [name, readFileSync(beside + name, 'utf8')] as const)
const relay = here('../../../relay/')
const callers = readdirSync(relay, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const calls = callers.flatMap((name) => [
  ...readFileSync(relay + name, 'utf8').matchAll(/[`'](\w+-Easgate\w*)(?= '\$\{|')/g),
])
/** The module's functions that the relay writes to the shell. */
const called = [...new Set(calls.map(([, name]) => name ?? ''))].toSorted((a, b) => a.localeCompare(b))

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
  const list = /^\$Parts = @\(([^)]+)\)/m.exec(main)?.[1] ?? ''
  const loaded = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => `${name}.ps1`)
  expect(loaded.toSorted()).toEqual(parts.map(([name]) => name).toSorted())
})

test.each(files)('%s is PowerShell without a syntax error', (_name, text) => {
  const root = parse(text)
  const errors = all(root, 'ERROR').map((node) => `line ${node.startPosition.row + 1}: ${node.text.slice(0, 80)}`)
  expect({ hasError: root.hasError, errors }).toEqual({ hasError: false, errors: [] })
})

test.each([
  ['an unclosed string', source.replace("'closed'; Runspace", "'closed; Runspace")],
  ['an unclosed block', main.replace(/\}\n\nExport/, '\n\nExport')],
  ['a ternary, of PowerShell 7 only', `${main}\n$a = $b ? 1 : 2\n`],
  ['a default for nothing, of PowerShell 7 only', `${main}\n$a = $b ?? 2\n`],
])('this test would see %s', (_what, broken) => {
  expect([main, source]).not.toContain(broken)
  expect(parse(broken).hasError).toBe(true)
})

test.each(files)(
  '%s uses nothing that Windows PowerShell 5.1 has not and the grammar would let pass',
  (_name, text) => {
    const code = text.replaceAll(/<#.*?#>/gs, '').replaceAll(/^ *#.*$/gm, '')
    expect(code).not.toMatch(/ && | \|\| |-Parallel\b|-AsHashtable|-AsArray|Test-Json|Get-Error|\$IsWindows|\$IsLinux/)
  },
)

// Windows PowerShell reads a file without a byte order mark in the system's code page.
test.each(files)('%s holds ASCII only', (_name, text) => {
  expect(text.match(/[^\n -~]+/g)).toBeNull()
})

test('the module exports exactly the functions that the relay calls', () => {
  const line = /^Export-ModuleMember -Function (.+)$/m.exec(source)?.[1] ?? ''
  const exported = [...line.matchAll(/'([^']+)'/g)].map(([, name]) => name ?? '')
  expect(exported.toSorted()).toEqual(called)
  expect(called).toEqual([
    'Close-Easgate',
    'Get-EasgateConnectionPoint',
    'Open-Easgate',
    'Send-EasgateRequest',
    'Step-Easgate',
  ])
})

test('every function that the module calls is its own or comes with PowerShell', () => {
  const root = parse(source)
  const own = all(root, 'function_name').map((node) => node.text)
  const used = new Set(all(root, 'command_name').map((node) => node.text))
  const builtIn = new Set(
    'Add-Type ConvertFrom-Json ConvertTo-Json Export-ModuleMember ForEach-Object Get-Command Join-Path New-Object Register-EngineEvent Remove-TypeData Select-Object Sort-Object Start-Sleep Test-Path Where-Object'.split(
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
  expect(publicOnes).toHaveLength(6)
  for (const text of publicOnes) expect(text).toMatch(/\[(string|scriptblock)\] \$/)
  for (const text of parameters) expect(text).toMatch(/^\[/)
})

test('each parameter of a public function is told of in its help', () => {
  for (const name of called) {
    const [help = '', code = ''] = source.slice(source.indexOf(`function ${name} {`)).split('#>')
    const names = [...code.slice(0, code.indexOf('\n    )')).matchAll(/\] \$(\w+)/g)].map(([, parameter]) => parameter)
    const told = [...help.matchAll(/\.PARAMETER (\w+)/g)].map(([, parameter]) => parameter)
    expect(told).toEqual(name === 'Close-Easgate' ? [] : names)
  }
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
