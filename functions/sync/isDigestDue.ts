/** At most one digest an hour. Pure. */
import type { ConnectorState } from '../core/run.ts'

const hourMs = 60 * 60_000

export function isDigestDue({ triedAt }: ConnectorState['digest'], now: Date): boolean {
  return triedAt === null || now.getTime() - Date.parse(triedAt) >= hourMs
}
