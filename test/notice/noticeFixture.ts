/** What the tests of notices need: a ledger, a relay with a notification account, a clock, and notices. */
import { sendNotices } from '../../functions/notice/sendNotices.ts'
import type { Notice, NoticeOptions, NoticePorts } from '../../functions/notice/notice.ts'
import { activationFake } from '../fakes/activationFake.ts'
import { fakeExchange } from '../fakes/exchangeFake.ts'
import { fakeClock, recordingLog } from '../fakes/ports.ts'
import { fakeStore } from '../fakes/storeFake.ts'

export const connectorId = 'contoso'
export const actor = 'run run1'

export function notice(record: string, reason = 'notEnrolled'): Notice {
  return { record, reason, mail: { to: `${record}@contoso.com`, subject: 'Subject', html: '<p>Text</p>' } }
}

export function world() {
  const clock = fakeClock()
  const log = recordingLog()
  const store = fakeStore({ now: () => clock.now() })
  const exchange = fakeExchange({})
  let ids = 0
  let conversations = 0
  let atConversation: { readonly number: number; readonly act: () => unknown } | undefined
  const ports: NoticePorts = {
    store,
    activation: activationFake(),
    clock,
    log,
    newId: () => `id${(ids += 1)}`,
    exchange: {
      ...exchange,
      converse: async (id, use) => {
        conversations += 1
        if (atConversation?.number === conversations) atConversation.act()
        return exchange.converse(id, use)
      },
    },
  }
  return {
    clock,
    log,
    store,
    exchange,
    ports,
    /** Runs `act` before that conversation is opened; the first has number 1. */
    onConverse(number: number, act: () => unknown) {
      atConversation = { number, act }
    },
    send: async (notices: readonly Notice[], options: Partial<NoticeOptions> = {}, id = connectorId) =>
      sendNotices(ports, id, notices, { actor, runId: 'run1', ...options }),
    ledger: async (record: string, reason = 'notEnrolled') =>
      (await store.ledgerMail(connectorId, { record, reason }))?.value,
  }
}
