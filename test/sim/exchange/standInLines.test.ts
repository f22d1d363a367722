import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { startBoth, world } from './startBoth.ts'
import { serveExchange, startExchange } from './startExchange.ts'
import { startShell, toBase64 } from './startShell.ts'

describe('the lines that it understands', () => {
  const mark = 'ABCDEFGHIJKLMNOP'

  test('are the markers, the import, and the three functions', async () => {
    const { shell, opened } = await startBoth()
    expect(opened.end).toEqual({
      end: true,
      lines: 0,
      relay: { organization: 'Contoso', server: 'ex1.contoso.com', dialect: 'MobileDevice' },
    })
    shell.write(`[Console]::Out.Write("${mark}\`n")`)
    expect(await shell.nextLine()).toBe(mark)
    shell.write(`Import-Module $env:EASGATE_MODULE -DisableNameChecking -ErrorAction Stop; 'ok'`)
    expect(await shell.nextLine()).toBe('ok')
    shell.write(`[Console]::Error.Write("${mark}\`n")`)
    await expect.poll(shell.stderr).toBe(`${mark}\n`)
    expect(await shell.close()).toEqual({ lines: [], end: { end: true, lines: 0 } })
  })

  test('are no others', async () => {
    const { shell } = await startBoth()
    const lines = [
      'Get-Process',
      "Step-Easgate 'not base64!'",
      `Step-Easgate '${toBase64({})}'; Get-Process`,
      '[Console]::Out.Write("short`n")',
      '[Console]::Out.Write("$(Get-Process)ABCDEFGH`n")',
      'Import-Module C:\\other.psm1',
      'Close-Easgate -Force',
    ]
    for (const line of lines) shell.write(line)
    expect(await shell.close()).toMatchObject({ lines: [] })
    const refusals = () =>
      shell
        .stderr()
        .split('\n')
        .map((line) => line.split(' : ')[0])
    await expect.poll(refusals).toEqual([...lines.map((line) => line.split(' ')[0]), ''])
  })

  test('need the module to be imported first', async () => {
    const exchange = await serveExchange(world)
    const shell = startShell(exchange.url)
    shell.write('Close-Easgate')
    shell.write(`[Console]::Out.Write("${mark}\`n")`)
    expect(await shell.nextLine()).toBe(mark)
    await expect.poll(shell.stderr).toContain("The term 'Close-Easgate' is not recognized")
  })
})

test('the dialect is what Get-Command shows: 2010, or a role without the MobileDevice cmdlets', async () => {
  const old = await startBoth({ more: { dialect: 'ActiveSyncDevice' } })
  expect(old.opened.end['relay']).toMatchObject({ dialect: 'ActiveSyncDevice' })
  const hidden = await startBoth({
    more: { hidden: { cmdlets: ['Get-MobileDevice', 'Get-ActiveSyncOrganizationSettings'] } },
  })
  expect(hidden.opened.end['relay']).toEqual({
    organization: null,
    server: 'ex1.contoso.com',
    dialect: 'ActiveSyncDevice',
  })
})

test('with EASGATE_SIM_CRLF the lines of its console end as on Windows, and a marker ends as it is written', async () => {
  const exchange = await startExchange(world)
  const input = `[Console]::Out.Write("ABCDEFGHIJKLMNOP\`n")\n[Console]::Out.WriteLine("ABCDEFGHIJKLMNOP")\nImport-Module $env:EASGATE_MODULE\nClose-Easgate\n`
  const env = { ...process.env, EASGATE_SIM_CRLF: '1', EASGATE_SIM_EXCHANGE: exchange.url, EASGATE_MODULE: 'x' }
  const executable = new URL('../../../sim/exchange/pwsh', import.meta.url).pathname
  const { stdout } = spawnSync(executable, ['-NoExit', '-Command', '-'], { input, env, encoding: 'utf8' })
  expect(stdout).toBe('ABCDEFGHIJKLMNOP\nABCDEFGHIJKLMNOP\r\n{"end":true,"lines":0}\r\n')
})
