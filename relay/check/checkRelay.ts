/** Step: whether a relay runs here already, and how it is, by its status file. */
import { readRetirement, retirementText } from '../retired.ts'
import { readStatus, statusEveryMs, type RelayStatus } from '../statusFile.ts'
import { bad, good, known, warning, type CheckContext, type Finding } from './checkStep.ts'

/** A status that is older is of a relay that hangs or was killed. */
const staleMs = 3 * statusEveryMs

/*
 * the status file                        | finding
 * none, or of a relay that was stopped   | good: none runs
 * fresh                                  | good: one runs; what of it works
 * old, though it was never stopped       | warning: it hangs or was killed
 * and this relay is retired              | bad: it will not start
 */
export async function checkRelay(context: CheckContext): Promise<Finding> {
  const { stateDir, connectorId } = known(context, 'config')
  const retirement = await readRetirement(stateDir, connectorId)
  if (retirement) return bad(retirementText(retirement), 'Run easgate-relay join with a new join file.')
  const status = await readStatus(stateDir)
  if (!status) return good('no relay has run with this configuration yet')
  if (status.state === 'stopped') return good(`no relay runs now; the last one stopped ${status.updatedAt}`)
  const ageMs = context.now() - Date.parse(status.updatedAt)
  if (ageMs > staleMs) {
    return warning(
      `the relay of process ${status.pid} said nothing of itself since ${status.updatedAt}`,
      'It hangs or was killed: start it again.',
    )
  }
  return good(`a relay runs since ${status.startedAt}: ${howItIs(status)}`)
}

function howItIs({ cloud, exchange, lastBatchAt }: RelayStatus): string {
  const channels = cloud ? `${cloud.connected} of ${cloud.channels} channels` : 'no channel yet'
  const session = exchange.isOpen
    ? `Exchange through ${exchange.server ?? exchange.configuredServer}`
    : 'no session to Exchange'
  const batch = lastBatchAt === null ? 'no command yet' : `commands came last ${lastBatchAt}`
  return `${channels}, ${session}, ${batch}`
}
