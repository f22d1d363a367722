// Invoke-EasgateWindows.ps1 and its parts: what they are made of (their syntax: ../powershell/module.test.ts), and on a real PowerShell as
// far as that goes without Windows.
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { newFolder } from '../cli/commandLine.ts'
import { onPowerShell, powershell } from '../powershell/realPowerShell.ts'

const script = fileURLToPath(new URL('../../../relay/powershell/Invoke-EasgateWindows.ps1', import.meta.url))
const folder = fileURLToPath(new URL('../../../relay/powershell/windows/', import.meta.url))
const main = readFileSync(script, 'utf8')
const parts = readdirSync(folder).map((name) => [name, readFileSync(folder + name, 'utf8')] as const)
const files = [['Invoke-EasgateWindows.ps1', main] as const, ...parts]
const environment = { ...process.env, NO_COLOR: '1', POWERSHELL_TELEMETRY_OPTOUT: '1', TERM: 'dumb' }
const secret = 'pw-§"\'`$(Get-Date)-xyz'

test.each(files)(
  '%s turns no text into code, and uses nothing that is newer than Windows PowerShell 5.1',
  (_name, text) => {
    expect(text).not.toMatch(/Invoke-Expression|\biex\b|ScriptBlock\]::Create|AddScript/i)
    expect(text).not.toMatch(/\?\?|\?\.|&&|\|\||-AsHashtable|\s\?\s.*\s:\s/)
  },
)

test('the script loads every file of its folder and no other', () => {
  const list = /^\$Parts = @\(([^)]+)\)/m.exec(main)?.[1] ?? ''
  const loaded = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => `${name}.ps1`)
  expect(loaded.toSorted()).toEqual(parts.map(([name]) => name).toSorted())
})

test('every operation of its table is a function of the part that the table names above it', () => {
  const table = /^\$Operations = @\{([^}]+)\}/m.exec(main)?.[1] ?? ''
  const groups = table.split(/^ +# windows\//m).slice(1)
  const named = groups.map((group) => ({
    part: group.slice(0, group.indexOf('\n')),
    functions: [...group.matchAll(/=\s*'([\w-]+)'/g)].map(([, name]) => name),
  }))
  expect(named.flatMap(({ functions }) => functions)).toHaveLength(table.match(/=/g)?.length ?? 0)
  expect(
    parts.map(([part, text]) => ({
      part,
      functions: [...text.matchAll(/^function (Invoke-\w+) \{/gm)].map(([, name]) => name),
    })),
  ).toEqual(named.toSorted((a, b) => a.part.localeCompare(b.part)))
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

/** The script and its parts in a folder whose name has what PowerShell might take for code or a pattern. */
function copyScript(): { readonly script: string; readonly part: string } {
  const copy = path.join(newFolder(), "easgate's [1] $x")
  cpSync(folder, path.join(copy, 'windows'), { recursive: true })
  cpSync(script, path.join(copy, path.basename(script)))
  return { script: path.join(copy, path.basename(script)), part: path.join(copy, 'windows', 'Tasks.ps1') }
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

  test('a part that is missing, cut off or fails is answered: the installation is not whole', () => {
    const whole = copyScript()
    const harmed = [copyScript(), copyScript(), copyScript()] as const
    rmSync(harmed[0].part)
    writeFileSync(harmed[1].part, readFileSync(whole.part, 'utf8').slice(0, -3))
    writeFileSync(harmed[2].part, "throw 'not allowed'\n")
    const list = [whole, ...harmed].map((copy) => `'${copy.script.replaceAll("'", "''")}'`).join(', ')
    const { stdout, stderr } = runCode(`@(${list}) | ForEach-Object { '{"operation":"nothing"}' | & $_ }`)
    expect(stderr).toBe('')
    const answers = stdout.trim().split('\n')
    expect(answers.map((line) => JSON.parse(line) as unknown)).toEqual([
      { ok: false, error: { category: 'badInput', message: expect.any(String) } },
      ...harmed.map(({ part }) => {
        const message = expect.stringContaining(`not installed whole: ${part} cannot be loaded`) as string
        return { ok: false, error: { category: 'notWhole', message } }
      }),
    ])
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

/** The functions of the script and of its parts, without its call. */
const loadFunctions = `$ErrorActionPreference = 'Stop'
  foreach ($file in @('${script}') + @(Get-ChildItem -LiteralPath '${folder}' | ForEach-Object { $_.FullName })) {
    $tree = [System.Management.Automation.Language.Parser]::ParseFile($file, [ref] $null, [ref] $null)
    foreach ($part in $tree.EndBlock.Statements) {
      if ($part -is [System.Management.Automation.Language.FunctionDefinitionAst]) { . ([scriptblock]::Create($part.Extent.Text)) }
    }
  }`
