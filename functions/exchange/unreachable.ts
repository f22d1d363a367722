/** Why no relay answered, in the words of the port. */
import { AppError, type ErrorCode } from '../errors.ts'
import { RendezvousError, type RendezvousErrorKind } from './rendezvous.ts'

/** The rendezvous has tried again already where that helps within seconds; `retryable` is about minutes. */
export function unreachable(connectorId: string, error: unknown): AppError {
  if (error instanceof AppError) return error
  const said = error instanceof Error ? error.message : String(error)
  const { code, retryable } = error instanceof RendezvousError ? answers[error.kind] : otherwise
  return new AppError(code, `Connector ${connectorId}: ${said}`, { cause: error, retryable })
}

const otherwise = { code: 'relayLost', retryable: true } as const

const answers: Readonly<Record<RendezvousErrorKind, { code: ErrorCode; retryable: boolean }>> = {
  noRelay: { code: 'noRelay', retryable: true },
  busy: otherwise,
  timeout: otherwise,
  network: otherwise,
  // A right or a firewall rule that somebody has to set.
  unauthorized: { code: 'badConfiguration', retryable: false },
  rejected: { code: 'relayRefused', retryable: false },
}
