import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditRow } from '../../functions/core/audit.ts'
import { ana, ben, linkIn, mailTo, own, PlainBrowser, policy, world } from './activationCompany.ts'
import { chainProblems } from './auditProblems.ts'
import { startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'
import { until } from './until.ts'

let running: RunningCompany
const started = async (proof: string) => {
  running = await startCompany({ world, policy }, { settings: { EASGATE_DEVICE_PROOF: proof } })
  const { state } = await running.stack.app.sync({ kind: 'full', approve: true })
  expect(state).toBe('done')
}

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

describe('by the device claim', () => {
  beforeAll(async () => started('deviceClaim'))
  afterAll(stopCompanies)

  test('from the link in the mail to the command in Exchange within ten seconds, and a full sync keeps it', async () => {
    expect(await decisionOf(ana.record)).toBe('quarantine notEnrolled')
    const mail = await mailTo(running, 'ana@contoso.com')
    const browser = new PlainBrowser()
    const { shown: page } = await browser.signIn(linkIn(mail), ana.user, ana.entra)
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
    const steps = audit.filter(
      ({ subject, action }) => subject === ana.record && /^(mailAsked|activation)/.test(action),
    )
    expect(steps.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'mailAsked asked',
      'activationBound asked',
      'activationBound done',
    ])
  })

  test('a weaker case waits for an administrator, whose word is carried out at once', async () => {
    const page = await new PlainBrowser().signIn(linkIn(await mailTo(running, 'ben@contoso.com')), ben.user, ben.entra)
    const { browser, shown } = page
    expect((await browser.send(shown)).title).toBe('An administrator will look at it')
    const { app, urls } = running.stack
    const list = await app.all<{ record: string; evidence: object }>(`${own}/activations?state=waiting`)
    expect(list).toMatchObject([
      { record: ben.record, intuneDeviceId: ben.intune, evidence: { why: ['modelDiffers'] } },
    ])
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ note: 'seen the phone' })
    const url = `${urls.app}${own}/activations/${ben.record}/approve`
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200)
    await until('the command', () => allowed('EAS2'), 10_000)
  })

  test('the link of a mail does nothing for another person, nor at another person’s device', async () => {
    const link = linkIn(await mailTo(running, 'ana@contoso.com'))
    const asBen = await new PlainBrowser().signIn(link, ben.user, ben.entra)
    expect([asBen.shown.status, asBen.shown.title]).toEqual([403, 'This link is for somebody else'])
    const answer = await fetch(`${running.stack.urls.app}${own}/devices/${ana.record}/activationLink`, {
      method: 'POST',
    })
    const { url } = (await answer.json()) as { url: string }
    expect(answer.status).toBe(200)
    expect((await new PlainBrowser().open(url.replace(/.{4}$/, 'AAAA'))).title).toBe('This link does not work')
  })
})

test('by the sign-in log, which lags: the entry of this very sign-in counts, and no other', async () => {
  await started('signInLog')
  const { graph } = running.stack.urls
  const log = (entry: object) =>
    fetch(`${graph}/_sim/patch`, { method: 'POST', body: JSON.stringify({ signIns: [entry] }) })
  const link = linkIn(await mailTo(running, 'ana@contoso.com'))
  const { browser, shown } = await new PlainBrowser().signIn(link, ana.user, '')
  const [signed = ''] = browser.cookie('easgate-simulated-sign-in').split('.')
  const { uti } = JSON.parse(Buffer.from(signed, 'base64url').toString()) as { uti: string }
  const entry = { userId: ana.user, createdDateTime: new Date().toISOString(), status: { errorCode: 0 } }
  await log({ ...entry, id: 'another', uniqueTokenIdentifier: 'another', deviceDetail: { deviceId: ben.entra } })
  const sent = browser.send(shown)
  await until('the log is asked in vain', async () =>
    (await (await fetch(`${graph}/_sim/requests`)).text()).includes('signIns'),
  )
  await log({ ...entry, id: 'this', uniqueTokenIdentifier: uti, deviceDetail: { deviceId: ana.entra } })
  expect((await sent).title).toBe('Your phone is connected')
  await until('the command', () => allowed('EAS1'), 10_000)
  await stopCompanies()
}, 90_000)
