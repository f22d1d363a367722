// A whole full sync by the packed app, outside the repository: the processes of npm start with the package in place of the build.
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { company } from '../e2e/company.ts'
import { expectUndisturbed, startCompany, stopCompanies } from '../e2e/runningCompany.ts'
import { packFunctions } from './packFunctions.ts'

let packed: string
beforeAll(() => {
  packed = packFunctions().folder
})
afterEach(stopCompanies)

describe('the packed app', () => {
  test('gathers, decides, applies and finishes, and a second full sync finds nothing to do', async () => {
    const given = company(8)
    const running = await startCompany(given, { packed })
    const run = await running.ended(await running.askForFullSync())
    expect([run.state, run.failure]).toEqual(['done', null])
    await expectUndisturbed(running, run.id, given)
  })

  test('names its run in its own log, in the relay’s and to PowerShell, and names nobody', async () => {
    const { lines, onLine } = collecting()
    const running = await startCompany(company(8), { packed, onLine })
    const failNext = [
      { cmdlet: 'Set-CASMailbox', reason: 'ADOperationException', message: 'CN=p1 is not to be changed' },
    ]
    await fetch(`${running.stack.urls.exchange}/_sim/faults`, { method: 'POST', body: JSON.stringify({ failNext }) })
    const { id: runId, state, counts } = await running.ended(await running.askForFullSync())
    expect([state, counts['outcome.failed']]).toEqual(['done', 1])

    // In Azure the same lines: the host puts each into AppTraces
    const steps = lines('functions').filter(({ event }) => event === 'stepDone')
    expect(steps.length).toBeGreaterThan(8)
    expect(new Set(steps.map((line) => line.runId))).toEqual(new Set([runId]))

    const batches = lines('relay').filter(({ event }) => event === 'relay.batch')
    expect(batches.length).toBeGreaterThan(4)
    expect(new Set(batches.map((line) => line.runId))).toEqual(new Set([runId]))

    // What the module said of the command that failed: its key is the one that it was given, and that it gives back
    const [failed, ...others] = lines('relay').filter(({ event }) => event === 'relay.command.failed')
    expect(others).toEqual([])
    expect(failed).toMatchObject({ runId, cmdlet: 'Set-CASMailbox', durationMs: expect.any(Number) })
    expect(failed?.command).toMatch(new RegExp(`^${runId}\\.c\\d+$`))

    for (const text of lines('functions').map((line) => JSON.stringify(line))) {
      expect(text).not.toMatch(/p\d+@|CN=|DC=contoso/i)
    }
  })
})

interface Line {
  readonly event?: string
  readonly runId?: string
  readonly command?: string
}

/** The lines that are JSON, by process; before those of the Functions app the host writes when and of which function they are. */
function collecting() {
  const all: { process: string; line: Line }[] = []
  const onLine = (process: string, text: string) => {
    const json = /\{"(?:level|event|time).*\}$/.exec(text)?.[0]
    if (json !== undefined) all.push({ process, line: JSON.parse(json) as Line })
  }
  return { onLine, lines: (of: string) => all.filter(({ process }) => process === of).map(({ line }) => line) }
}
