/** Sets a scenario's policy over the HTTP API, as an administrator would; what the API refuses is the scenario's fault. */
import type { App } from './app.ts'
import type { ScenarioPolicy } from './scenarioFile.ts'

/** People may join a group in a later step. */
const mayBeEmpty = '?allowEmptyGroups=true'

export async function setPolicy(app: App, connectorId: string, policy: ScenarioPolicy): Promise<void> {
  const base = `/beta/deviceManagement/exchangeOnPremisesPolicies/${connectorId}`
  const { conditionalAccessSettings, exchangeOnPremisesPolicy, settings } = policy
  if (exchangeOnPremisesPolicy) await app.send('PATCH', base, exchangeOnPremisesPolicy)
  if (settings) await app.send('PATCH', `/easgate/connectors/${connectorId}/settings${mayBeEmpty}`, settings)
  // Last: it is what switches the policy on
  if (conditionalAccessSettings)
    await app.send('PATCH', `${base}/conditionalAccessSettings${mayBeEmpty}`, conditionalAccessSettings)
}
