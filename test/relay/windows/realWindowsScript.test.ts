// Invoke-EasgateWindows.ps1 itself: its syntax by a parser, and on a real PowerShell as far as that goes without Windows.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Language, Parser } from 'web-tree-sitter'
import { newFolder } from '../cli/commandLine.ts'
import { onPowerShell, powershell } from '../powershell/realPowerShell.ts'

const script = fileURLToPath(new URL('../../../relay/powershell/Invoke-EasgateWindows.ps1', import.meta.url))
const source = readFileSync(script, 'utf8')
const environment = { ...process.env, NO_COLOR: '1', POWERSHELL_TELEMETRY_OPTOUT: '1', TERM: 'dumb' }
const secret = 'pw-§"\'`$(Get-Date)-xyz'

test('is PowerShell without a syntax error, in plain ASCII: Windows PowerShell reads a file without a mark in the code page', async () => {
  await Parser.init()
  const parser = new Parser()
  const wasm = createRequire(import.meta.url).resolve('tree-sitter-powershell/tree-sitter-powershell.wasm')
  parser.setLanguage(await Language.load(wasm))
  expect(parser.parse(source)?.rootNode.hasError).toBe(false)
  expect(Buffer.from(source).every((byte) => byte < 0x7f)).toBe(true)
})

test('nothing in it turns text into code, and nothing is newer than Windows PowerShell 5.1', () => {
  expect(source).not.toMatch(/Invoke-Expression|\biex\b|ScriptBlock\]::Create|AddScript/i)
  expect(source).not.toMatch(/\?\?|\?\.|&&|\|\||-AsHashtable|\s\?\s.*\s:\s/)
})

test('every operation of its table is a function of its own', () => {
  const table = /^\$Operations = @\{([^}]+)\}/m.exec(source)?.[1] ?? ''
  const named = [...table.matchAll(/=\s*'([\w-]+)'/g)].map(([, name]) => name)
  expect(named.length).toBeGreaterThanOrEqual(3)
  for (const name of named) expect(source).toMatch(new RegExp(`^function ${name} \\{`, 'm'))
})

function start(args: readonly string[], input: string): { stdout: string; stderr: string } {
  return spawnSync(powershell ?? '', ['-NoLogo', '-NoProfile', '-NonInteractive', ...args], {
    input,
    env: environment,
    encoding: 'utf8',
  })
}

/** Each input to the script, all in one PowerShell, because starting one takes seconds; an answer for each. */
function answersTo(inputs: readonly string[]): unknown[] {
  const list = inputs.map((input) => `'${Buffer.from(input).toString('base64')}'`).join(', ')
  const decode = '[System.Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($_))'
  const { stdout, stderr } = runCode(`@(${list}) | ForEach-Object { ${decode} | & '${script}' }`)
  expect(stderr).toBe('')
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

function runCode(code: string): { stdout: string; stderr: string } {
  return start(['-EncodedCommand', Buffer.from(code, 'utf16le').toString('base64')], '')
}

onPowerShell(() => {
  test.skipIf(process.platform === 'win32')(
    'reads standard input as the relay writes it, and answers in one line',
    () => {
      const { stdout, stderr } = start(
        ['-File', script],
        `${JSON.stringify({ operation: 'protect', secret, entropyFile: '/x' })}\n`,
      )
      expect(stderr).toBe('')
      expect(stdout.split('\n')).toHaveLength(2)
      const message = expect.stringContaining('needs Windows') as string
      expect(JSON.parse(stdout)).toEqual({ ok: false, error: { category: 'notWindows', message } })
      expect(stdout).not.toContain('xyz')
    },
  )

  test('what is not a request is bad input; nothing of it is repeated', () => {
    const inputs = [
      secret,
      '{"operation":"protect","secret":"xyz',
      '["xyz"]',
      '"xyz"',
      JSON.stringify({ operation: 'xyz' }),
      JSON.stringify({ operation: ['xyz'] }),
      JSON.stringify({ secret: 'xyz' }),
    ]
    const answers = answersTo(inputs)
    expect(answers).toEqual(
      inputs.map(() => ({ ok: false, error: { category: 'badInput', message: expect.any(String) } })),
    )
    expect(JSON.stringify(answers)).not.toContain('xyz')
  })

  test('entropy is 64 random bytes, made once; its absence or damage is said; a message never repeats the secret', () => {
    const folder = newFolder()
    const file = path.join(folder, 'relay.entropy')
    writeFileSync(path.join(folder, 'damaged'), 'short')
    const categoryOf = (missing: string) =>
      `$(try { Read-Entropy -File '${missing}' } catch { Get-Category -Record $_ })`
    const { stdout, stderr } = runCode(`${loadFunctions}
      New-Entropy -File '${file}'
      $first = Read-Entropy -File '${file}'
      ConvertTo-Json -Compress @{
        length  = $first.Length
        type    = $first.GetType().Name
        again   = $(try { New-Entropy -File '${file}'; 'made again' } catch { 'refused' })
        missing = ${categoryOf(`${folder}/none`)}
        nowhere = ${categoryOf(`${folder}/no/ne`)}
        damaged = ${categoryOf(`${folder}/damaged`)}
        message = Get-SafeMessage -Message 'it said pw-xyz' -Request ([pscustomobject] @{ secret = 'pw-xyz' })
      }`)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      length: 64,
      type: 'Byte[]',
      again: 'refused',
      missing: 'entropyMissing',
      nowhere: 'entropyMissing',
      damaged: 'entropyMissing',
      message: 'it said ***',
    })
    const bytes = readFileSync(file)
    expect({ size: bytes.length, isEmpty: bytes.every((byte) => byte === 0) }).toEqual({ size: 64, isEmpty: false })
  })
})

/** The script's functions without its call. */
const loadFunctions = `$ErrorActionPreference = 'Stop'
  $tree = [System.Management.Automation.Language.Parser]::ParseFile('${script}', [ref] $null, [ref] $null)
  foreach ($part in $tree.EndBlock.Statements) {
    if ($part -is [System.Management.Automation.Language.FunctionDefinitionAst]) { . ([scriptblock]::Create($part.Extent.Text)) }
  }`
