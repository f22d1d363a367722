// Rows as lines of JSON: RowText.cs and the module's PowerShell print the same, and without the one the other does it.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { fixture, onPowerShell, powershell, productModule } from './realPowerShell.ts'

interface Printed {
  readonly name: string
  readonly slow: string
  readonly fast: string
}
interface Listed {
  readonly isCompiled: boolean
  /** In long lists. */
  readonly rows: number
  readonly last: string
}

const env = { ...process.env, FIXTURE_EASGATE: productModule, POWERSHELL_TELEMETRY_OPTOUT: '1' }

async function run(...args: readonly string[]): Promise<string> {
  const options = ['-NoProfile', '-NonInteractive', ...args]
  return (await promisify(execFile)(powershell ?? '', options, { env })).stdout
}

async function print(...args: readonly string[]): Promise<{ values: Printed[]; list: Listed }> {
  const lines = (await run('-File', fixture('RowValues.ps1'), ...args)).trim().split(/\r?\n/)
  const list = JSON.parse(lines.pop() ?? '') as Listed
  return { values: lines.map((line) => JSON.parse(line) as Printed), list }
}

onPowerShell(() => {
  test('RowText.cs prints values of every kind as the module itself does', async ({ skip }) => {
    const { values, list } = await print()
    skip(!list.isCompiled, 'this PowerShell has no reference assemblies (its folder ref), so it compiles nothing')
    expect(values.length).toBeGreaterThan(40)
    expect(values.map(({ name, fast }) => [name, read(fast)])).toEqual(
      values.map(({ name, slow }) => [name, read(slow)]),
    )
    expect(list).toMatchObject({ rows: 2, last: '{"key":"c1","row":{"A":1000}}' })
  }, 60_000)

  test('where it cannot be compiled a long list comes all the same', async () => {
    const { list } = await print('-Without')
    expect(list).toEqual({ isCompiled: false, rows: 2, last: '{"key":"c1","row":{"A":1000}}' })
  }, 60_000)

  test('it is in C# 5, which Windows PowerShell 5.1 compiles', async ({ skip }) => {
    const file = productModule.replace('Easgate.psm1', 'RowText.cs').replaceAll("'", "''")
    const check = `
      if ($PSVersionTable.PSEdition -eq 'Desktop') { Add-Type -Path '${file}'; 'compiled'; return }
      if (-not (Test-Path -Path (Join-Path -Path $PSHOME -ChildPath 'ref'))) { 'no ref'; return }
      Add-Type -Path '${file}' -CompilerOptions '/langversion:5' -ErrorAction Stop
      'compiled'`
    const said = (await run('-Command', check)).trim()
    skip(said === 'no ref', 'this PowerShell has no reference assemblies (its folder ref), so it compiles nothing')
    expect(said).toBe('compiled')
  }, 60_000)
})

function read(line: string): unknown {
  return JSON.parse(line)
}
