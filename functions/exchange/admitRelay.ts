/** Whether an approved relay may work for its connector: one Exchange organization, one connector, and none that is retired. */
import { organizationKey, retiredText } from '../core/organization.ts'
import type { ConnectorState } from '../core/run.ts'
import { AppError, asAppError } from '../errors.ts'
import { claimOrganization, type AdmissionOptions } from './claimOrganization.ts'
import { changeRow, readRow } from './connectorRow.ts'
import type { Greeting } from './greetRelay.ts'

/*
 *   the connector       | the relay's organization | answer
 *   is retired          | any                      | connectorRetired
 *   serves none yet     | hidden from its account  | go on with a warning: nothing to claim
 *   serves none yet     | O                        | claimOrganization: go on, or organizationTaken
 *   serves O            | O, or hidden             | go on
 *   serves O            | another                  | relayRefused: not this relay; another one may be right
 */
/** One point read where nothing changed. What a person must act on is left on the connector's row, and taken off when it is over. */
export async function admitRelay(connectorId: string, greeting: Greeting, options: AdmissionOptions): Promise<void> {
  const row = await readRow(options.store, connectorId)
  if (row.retired) throw new AppError('connectorRetired', retiredText(row))
  try {
    await checkOrganization(row, greeting, options)
  } catch (thrown) {
    await keepProblem(connectorId, asAppError(thrown), options)
    throw thrown
  }
  if (row.problem === null && row.noRelaySince === null) return
  await changeRow(options.store, connectorId, () => ({ problem: null, noRelaySince: null }))
}

/** That no relay is there is known at once to whoever asks for the connector's status. */
export async function noteNoRelay(connectorId: string, { store, now, log }: AdmissionOptions): Promise<void> {
  const noRelaySince = now().toISOString()
  try {
    await changeRow(store, connectorId, (row) => (row.noRelaySince === null ? { noRelaySince } : null))
  } catch (thrown) {
    // The caller has its own error, which says more
    log.warn('exchange.noRelayNotNoted', { connectorId, code: asAppError(thrown).code })
  }
}

async function checkOrganization(row: ConnectorState, greeting: Greeting, options: AdmissionOptions): Promise<void> {
  const { organization } = greeting.welcome.relay
  if (organization === null) {
    if (row.organization === null) options.log.warn('exchange.organizationHidden', { connectorId: row.id })
  } else if (row.organization === null) {
    await claimOrganization(row.id, organization, greeting, options)
  } else if (organizationKey(organization) !== organizationKey(row.organization)) {
    throw otherOrganization(row.id, row.organization, greeting)
  }
}

function otherOrganization(connectorId: string, served: string, { fingerprint, welcome }: Greeting): AppError {
  const { host, organization } = welcome.relay
  const who = `The relay on ${host} with the key fingerprint ${fingerprint}`
  const message = `${who} belongs to the Exchange organization "${organization}", and connector ${connectorId} serves "${served}". Reject this relay, and join it to the connector of its own organization.`
  return new AppError('relayRefused', message, { retryable: true })
}

async function keepProblem(connectorId: string, { code, message }: AppError, options: AdmissionOptions): Promise<void> {
  if (code !== 'organizationTaken' && code !== 'relayRefused') return
  const since = options.now().toISOString()
  await changeRow(options.store, connectorId, ({ problem }) =>
    problem?.message === message ? null : { problem: { code, message, since } },
  )
}
