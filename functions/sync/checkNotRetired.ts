/** Nothing new is begun for a retired connector. Pure. */
import { retiredText } from '../core/organization.ts'
import type { ConnectorState } from '../core/run.ts'
import { AppError } from '../errors.ts'

/** Throws AppError connectorRetired, which names the successor. */
export function checkNotRetired(state: ConnectorState): void {
  if (state.retired) throw new AppError('connectorRetired', retiredText(state))
}
