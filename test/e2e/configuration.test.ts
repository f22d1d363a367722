import { afterEach, expect, test } from 'vitest'
import { chainProblems, sentCommands, withoutEnd } from './auditProblems.ts'
import { killLaunchers } from './launcher.ts'
import { runScenario, scenarioFile } from './scenarioRun.ts'

afterEach(killLaunchers)

test('on an Exchange of 2010, its settings and a mailbox policy are set and given to a mailbox, mended after somebody changed them, and given back', async () => {
  const { exitCode, output } = await runScenario(scenarioFile('configuration.json'))
  expect([exitCode, output.steps.map(({ state, commands }) => `${state} ${commands}`)]).toEqual([
    0,
    // Set; somebody changes the insert and the policy; mended; nothing; a person comes; given back, with the phone's entry; nothing
    ['done 7', 'done 0', 'done 2', 'done 0', 'done 0', 'done 1', 'done 0', 'done 8', 'done 0'],
  ])
  expect(
    sentCommands(output.audit)
      .map(({ command }) => command.kind)
      .join(' '),
  ).toBe(
    [
      'lists newRule userMailInsert adminMailRecipients newPolicy defaultLevel assignPolicy',
      'userMailInsert setPolicy',
      'assignPolicy',
      'defaultLevel userMailInsert adminMailRecipients removeRule assignPolicy assignPolicy removePolicy lists',
    ].join(' '),
  )
  // Ana, then Ben who came later; Cleo has a policy that a person gave her
  const given = sentCommands(output.audit).flatMap(({ subject, command }) =>
    command.kind === 'assignPolicy' ? [[subject.slice(-1), 'policy' in command && command.policy !== null]] : [],
  )
  expect(given).toEqual([
    ['1', true],
    ['3', true],
    ['3', false],
    ['1', false],
  ])
  expect(output.exchange.organizationSettings).toMatchObject({
    DefaultAccessLevel: 'Allow',
    UserMailInsert: 'Ask IT',
    AdminMailRecipients: ['it@contoso.com'],
  })
  expect([chainProblems(output.audit), withoutEnd(output.audit)]).toEqual([[], []])
})
