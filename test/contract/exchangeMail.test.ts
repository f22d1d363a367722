import { once } from 'node:events'
import type { FaultInput } from '../../sim/ews/faults.ts'
import { createEwsServer } from '../../sim/ews/server.ts'
import { createEwsSimulation } from '../../sim/ews/simulation.ts'
import { fakeExchange } from '../fakes/exchangeFake.ts'
import type { FakeMailEnd } from '../fakes/exchangeFakeMail.ts'
import { fixture, onPowerShell, powershell } from '../relay/powershell/realPowerShell.ts'
import { openChain, type ChainShell } from './exchangeChain.ts'
import { mailContract, type MailEnd, type MailSide } from './exchangeMail.ts'

const fakeEnds: Readonly<Record<MailEnd, FakeMailEnd>> = {
  good: {},
  refused: { state: 'refused', message: 'no such recipient' },
  busy: { state: 'delayed', message: 'busy', retryAfterMs: 7_000 },
  lostBefore: { state: 'unknown', message: 'no answer' },
  lostAfter: { state: 'unknown', message: 'no answer', delivers: true },
}

mailContract('the fake', async (): Promise<MailSide> => {
  const exchange = fakeExchange({})
  return {
    exchange,
    connectorId: 'contoso',
    delivered: () => exchange.mails.delivered.map(({ id: _id, ...mail }) => mail),
    next: (...ends) => void exchange.mails.ends.push(...ends.map((end) => fakeEnds[end])),
    close: async () => {},
  }
})

const faults: Readonly<Record<MailEnd, FaultInput>> = {
  good: { on: 'ews', kind: 'good' },
  refused: { on: 'ews', kind: 'error', code: 'ErrorInvalidRecipients' },
  busy: { on: 'ews', kind: 'fault', code: 'ErrorServerBusy', backOffMs: 7_000 },
  lostBefore: { on: 'ews', kind: 'cut' },
  lostAfter: { on: 'ews', kind: 'cut', delivers: true },
}

/** With the stand-in EWS is found by Autodiscover; a real PowerShell would ask a real Active Directory, so it is told. */
async function openMailChain(shell?: ChainShell): Promise<MailSide> {
  const account = { user: 'CONTOSO\\notify', password: 'p§w', address: 'notify@contoso.com' }
  const simulation = createEwsSimulation(account)
  const server = createEwsServer(simulation).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const mail = {
    from: account.address,
    account: { user: account.user, password: { env: 'MAIL_PASSWORD' } },
    authentication: 'Basic',
    ...(shell && { ewsUrl: `${url}/EWS/Exchange.asmx` }),
  }
  const env = { MAIL_PASSWORD: account.password, EASGATE_SIM_CONNECTION_POINT: `${url}/autodiscover/autodiscover.xml` }
  const chain = await openChain({ mailboxes: [] }, shell, { config: { mail }, env })
  return {
    ...chain,
    delivered: () =>
      simulation.mails.map(({ to, subject, html, attachments: [image] }) => ({
        to: to.join(),
        subject,
        html,
        ...(image && { imagePng: image.base64 }),
      })),
    next: (...ends) => simulation.faults.set(ends.map((end) => faults[end])),
    async close() {
      await chain.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

mailContract('the relay with the stand-in shell and the simulated EWS, found by Autodiscover', openMailChain)

onPowerShell(() =>
  mailContract('the relay with the module and the simulated EWS', () =>
    openMailChain({ executable: powershell ?? '', modulePath: fixture('SimulatedExchange.psm1') }),
  ),
)
