// The sample company with the product's module in a real PowerShell, where one is found; everything else as in scenario.test.ts.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { fixture, onPowerShell, powershell } from '../relay/powershell/realPowerShell.ts'
import { newFolder } from '../relay/startRelay.ts'
import { chainProblems, withoutEnd } from './auditProblems.ts'
import { killLaunchers } from './launcher.ts'
import { expectContoso, runScenario, scenarioFile } from './scenarioRun.ts'

afterEach(killLaunchers)

onPowerShell(() => {
  test('the sample company ends as expected, and a second full sync sends nothing', async () => {
    const { modulePath, version } = tracedModule()
    const env = { EASGATE_RELAY_PWSH: powershell, EASGATE_RELAY_MODULE: modulePath }
    const ended = await runScenario(scenarioFile('contoso.json'), env)
    expectContoso(ended)
    const { output } = ended
    expect(chainProblems(output.audit)).toEqual([])
    expect(withoutEnd(output.audit)).toEqual([])
    // The stand-in would have done all this, too, but it reads no module
    expect(version()).toMatch(/^\d+\.\d+/)
  })
})

/** The fixture's module, which leaves the version of the PowerShell that loaded it. */
function tracedModule(): { modulePath: string; version: () => string } {
  const folder = newFolder()
  const modulePath = path.join(folder, 'Traced.psm1')
  const lines = [
    `[System.IO.File]::WriteAllText('${path.join(folder, 'version')}', $PSVersionTable.PSVersion)`,
    `Import-Module -Name '${fixture('SimulatedExchange.psm1')}'`,
    `Export-ModuleMember -Function '*-Easgate*'`,
  ]
  writeFileSync(modulePath, lines.join('\n'))
  return { modulePath, version: () => readFileSync(path.join(folder, 'version'), 'utf8') }
}
