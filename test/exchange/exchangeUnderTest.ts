/** relayExchange on a scripted relay, with an approvals table, a clock and ids that a test can read. */
import { newConnector } from '../../functions/core/run.ts'
import { aboutOf } from '../../functions/exchange/relayApproval.ts'
import { relayExchange, type RelayExchangeOptions } from '../../functions/exchange/relayExchange.ts'
import type { RelayApproval } from '../../functions/core/relay.ts'
import type { Exchange, Log } from '../../functions/ports.ts'
import type { Store } from '../../functions/portsStore.ts'
import { newKeyPair, signerFrom } from '../../protocol/signing.ts'
import { fakeStore } from '../fakes/storeFake.ts'
import { connectorId, relayInfo, type ScriptedRelay } from './scriptedRelay.ts'

export interface ExchangeUnderTest {
  readonly exchange: Exchange
  readonly saved: RelayApproval[]
  /** Of connectors, organizations and audits. */
  readonly store: Store
  readonly logged: { readonly level: string; readonly event: string; readonly fields: unknown }[]
}

export const testNow = new Date('2026-11-05T12:00:00.000Z')
const cloudSigner = signerFrom(newKeyPair().privateKey)

/** `relays` may be dialled in turn; the first is approved unless `approvals` says otherwise. */
export function exchangeUnderTest(
  relays: readonly ScriptedRelay[],
  options: Partial<RelayExchangeOptions> & { readonly store?: Store } = {},
  approvals: readonly RelayApproval[] = relays.slice(0, 1).map((relay) => approval(relay)),
): ExchangeUnderTest {
  const saved: RelayApproval[] = []
  const logged: ExchangeUnderTest['logged'] = []
  const logAs = (level: string) => (event: string, fields?: Record<string, unknown>) => {
    logged.push({ level, event, fields })
  }
  const log: Log = { info: logAs('info'), warn: logAs('warn'), error: logAs('error') }
  const store = options.store ?? storeOfWorkingConnector()
  let dials = 0
  let ids = 0
  const exchange = relayExchange({
    open: async () => {
      const relay = relays[Math.min(dials, relays.length - 1)]
      dials += 1
      if (!relay) throw new Error('no relay to dial')
      return relay.open()
    },
    signer: cloudSigner,
    store,
    relays: async () => [...approvals.filter((one) => !saved.some((s) => s.fingerprint === one.fingerprint)), ...saved],
    sawRelay: async (_, relay) => {
      saved.push(relay)
    },
    now: () => testNow,
    newId: () => `id-${(ids += 1)}`,
    log,
    welcomeTimeoutMs: 2_000,
    closeGraceMs: 1_000,
    ...options,
  })
  return { exchange, saved, store, logged }
}

/** Of a connector that serves the scripted relay's organization already. */
function storeOfWorkingConnector(): Store {
  const store = fakeStore({ now: () => testNow })
  const row = { ...newConnector(connectorId), organization: relayInfo.organization }
  void store.saveDocument(connectorId, 'connector', row, null)
  return store
}

export function approval(relay: ScriptedRelay, changes: Partial<RelayApproval> = {}): RelayApproval {
  const { fingerprint, publicKey } = relay.signer
  const seen = { firstSeen: '2026-11-01T00:00:00.000Z', lastSeen: '2026-11-05T11:59:45.000Z' }
  return { fingerprint, publicKey, state: 'approved', host: 'RELAY01', about: aboutOf(relayInfo), ...seen, ...changes }
}
