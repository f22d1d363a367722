/** What the relay says of itself in a welcome; while it has no session to Exchange, it says why instead. */
import { hostname } from 'node:os'
import type { RelayInfo } from '../protocol/messages.ts'
import { Refusal } from '../protocol/refusal.ts'
import type { ShellHost } from './powershell/shellHost.ts'

/** Throws a Refusal (busy) before the first session is open, and when opening another failed several times in a row. */
export function relayInfoOf(
  host: ShellHost,
  own: Pick<RelayInfo, 'version' | 'parallel' | 'sendsMail' | 'replace'>,
): RelayInfo {
  const { opened, lastFailure, isHopeless } = host
  if (!opened || isHopeless) {
    const reason = lastFailure?.message ?? 'it is being opened'
    throw new Refusal('busy', `this relay has no session to Exchange: ${reason.slice(0, 1_000)}`)
  }
  return { ...own, host: hostname().slice(0, 256), ...opened, serverReason: opened.serverReason.slice(0, 1_000) }
}
