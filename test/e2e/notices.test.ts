import { afterEach, expect, test } from 'vitest'
import { chainProblems } from './auditProblems.ts'
import { killLaunchers } from './launcher.ts'
import { runScenario, scenarioFile } from './scenarioRun.ts'

afterEach(killLaunchers)

const record = (number: number) => `00000000-0000-4000-8000-30000000000${number}`

test('who loses mail is told first, in their language, and the administrators once an hour; each command comes after its mail', async () => {
  const { exitCode, output } = await runScenario(scenarioFile('notices.json'))
  expect([exitCode, output.steps.map(({ state }) => state)]).toEqual([0, ['done', 'done', 'done']])
  expect(output.mails).toEqual([
    { to: 'ben@contoso.com', subject: 'Ben <Boss> Baker, mail on your iPhone', record: record(2) },
    { to: 'desk@contoso.com', subject: 'easgate: 1 device newly held', record: null },
    { to: 'cleo@contoso.com', subject: 'Post auf iPhone', record: record(3) },
  ])
  const { audit } = output
  expect(chainProblems(audit)).toEqual([])
  expect(JSON.stringify(audit.filter(({ action }) => action.startsWith('mail')))).not.toContain('@contoso.com')
  // The tightened default, and Cleo's entry taken away, were sent after the mail had gone
  const at = (action: string, subject: string) =>
    audit.findIndex((row) => row.action === action && row.subject === subject)
  const isTightened = ({ action, after }: (typeof audit)[number]) =>
    action === 'commandSent' && JSON.stringify(after).includes('"defaultLevel"')
  expect(at('mailEnded', record(2))).toBeGreaterThan(0)
  expect(audit.findIndex(isTightened)).toBeGreaterThan(at('mailEnded', record(2)))
  const removal = audit.findLastIndex(({ action }) => action === 'commandSent')
  expect(removal).toBeGreaterThan(at('mailEnded', record(3)))
})
