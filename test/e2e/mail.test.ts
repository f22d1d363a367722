import { afterEach, describe, expect, test } from 'vitest'
import { company } from './company.ts'
import { startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'
import { connectorId } from '../../sim/local/stack.ts'
import type { FaultInput } from '../../sim/ews/faults.ts'
import type { AuditRow } from '../../functions/core/audit.ts'
import { chainProblems } from './auditProblems.ts'

afterEach(stopCompanies)

const own = `/easgate/connectors/${connectorId}`

describe('a test mail', () => {
  test('goes through functions, rendezvous, relay, shell, Autodiscover and EWS, and each way in which it can end is told', async () => {
    const { stack } = await startCompany(company(4))
    const send = async (to: string) => (await stack.app.send('POST', `${own}/mail/test`, { to })).json()
    expect(await send('ana@contoso.com')).toEqual({ state: 'sent', message: null })
    const ends: [FaultInput, string, string][] = [
      [{ on: 'ews', kind: 'error', code: 'ErrorInvalidRecipients' }, 'refused', 'ErrorInvalidRecipients'],
      [{ on: 'ews', kind: 'fault', code: 'ErrorServerBusy', backOffMs: 1_000 }, 'delayed', 'ErrorServerBusy'],
      [{ on: 'ews', kind: 'status', status: 401 }, 'delayed', 'HTTP 401'],
      [{ on: 'ews', kind: 'cut', delivers: true }, 'unknown', 'no answer'],
    ]
    for (const [fault, state, message] of ends) {
      await fetch(`${stack.urls.ews}/_sim/faults`, { method: 'POST', body: JSON.stringify([fault]) })
      expect(await send('ben@contoso.com')).toEqual({ state, message: expect.stringContaining(message) })
    }
    expect((await mailsOf({ stack })).map(({ to, from }) => [to, from])).toEqual([
      [['ana@contoso.com'], 'notify@contoso.com'],
      [['ben@contoso.com'], 'notify@contoso.com'],
    ])
    const audit = await stack.app.all<AuditRow>(`${own}/audit`)
    expect(chainProblems(audit)).toEqual([])
    expect(audit.flatMap(({ action, outcome }) => (action === 'mailEnded' ? [outcome] : []))).toEqual([
      'sent',
      'refused',
      'delayed',
      'delayed',
      'unknown',
    ])
    expect(JSON.stringify(audit)).not.toMatch(/ana@|ben@/)
  })

  test('is not sent again when the relay dies while EWS has it', async () => {
    const { stack } = await startCompany(company(4))
    const hang: FaultInput = { on: 'ews', kind: 'hang', delivers: true }
    await fetch(`${stack.urls.ews}/_sim/faults`, { method: 'POST', body: JSON.stringify([hang]) })
    const answered = stack.app.send('POST', `${own}/mail/test`, { to: 'ana@contoso.com' })
    while ((await mailsOf({ stack })).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    stack.relays[0]?.child.kill()
    expect(await (await answered).json()).toMatchObject({ state: 'unknown' })
    expect(await mailsOf({ stack })).toHaveLength(1)
  })
})

async function mailsOf({ stack }: Pick<RunningCompany, 'stack'>): Promise<{ to: string[]; from: string }[]> {
  const answer = await fetch(`${stack.urls.ews}/_sim/mails`)
  return ((await answer.json()) as { mails: { to: string[]; from: string }[] }).mails
}
