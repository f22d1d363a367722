import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditRow } from '../../functions/core/audit.ts'
import { ana, linkIn, mailTo, own, PlainBrowser, policy, world } from './activationCompany.ts'
import { chainProblems } from './auditProblems.ts'
import { startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'
import { until } from './until.ts'

let running: RunningCompany
beforeAll(async () => {
  running = await startCompany({ world, policy })
  const { state } = await running.stack.app.sync({ kind: 'full', approve: true })
  expect(state).toBe('done')
})
afterAll(stopCompanies)

const decisionOf = async (record: string) => {
  const devices = await running.stack.app.all<{ record: string; access: string; reason: string }>(`${own}/devices`)
  const found = devices.find((one) => one.record === record)
  return `${found?.access} ${found?.reason}`
}

/** The command that puts the id on the mailbox's Allowed list, as the simulated Exchange ran it. */
const allowed = async (deviceId: string) =>
  (await running.journal()).some(
    ({ cmdlet, parameters, error }) =>
      cmdlet === 'Set-CASMailbox' && error === null && JSON.stringify(parameters).includes(`"Add":["${deviceId}"]`),
  )

test('from the link in the mail to the command in Exchange within ten seconds, and a full sync keeps it', async () => {
  expect(await decisionOf(ana.record)).toBe('quarantine notEnrolled')
  const mail = await mailTo(running, 'ana@contoso.com')
  const browser = new PlainBrowser()
  const page = await browser.signIn(linkIn(mail), ana.user, ana.entra)
  expect([page.status, page.title]).toEqual([200, 'Connect this phone to your mail'])
  const tapped = performance.now()
  const result = await browser.send(page)
  expect([result.status, result.title]).toEqual([200, 'Your phone is connected'])
  await until('the command', () => allowed('EAS1'), 10_000)
  expect(performance.now() - tapped).toBeLessThan(10_000)
  await until('the decision', async () => (await decisionOf(ana.record)) === 'allow compliant')

  expect((await running.stack.app.sync({ kind: 'full', approve: true })).state).toBe('done')
  expect(await decisionOf(ana.record)).toBe('allow compliant')
  const audit = await running.stack.app.all<AuditRow>(`${own}/audit?$top=1000`)
  expect(chainProblems(audit)).toEqual([])
  const steps = audit.filter(({ subject, action }) => subject === ana.record && /^(mailAsked|activation)/.test(action))
  expect(steps.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
    'mailAsked asked',
    'activationBound asked',
    'activationBound done',
  ])
})
