/** Every operation of the HTTP API with its path and the least role that may call it. Table of contents; the paths are Graph's, then easgate's own. */
import { listAudit } from './auditTrail.ts'
import type { Route } from './call.ts'
import {
  getConditionalAccess,
  getOnlyConditionalAccess,
  patchConditionalAccess,
  patchOnlyConditionalAccess,
} from './conditionalAccess.ts'
import { listDevices } from './devices.ts'
import { getOverview } from './connectorOverview.ts'
import { getConnector, listConnectors } from './exchangeConnectors.ts'
import { getOnlyPolicy, getPolicy, listPolicies, patchOnlyPolicy, patchPolicy } from './exchangePolicies.ts'
import { issueJoinFile } from './joinFile.ts'
import { approveRelay, listRelays, rejectRelay } from './relays.ts'
import { approve, getRun, listChanges, listRuns, reject } from './runs.ts'
import { getSettings, patchSettings } from './settings.ts'
import { syncConnector } from './syncConnector.ts'
import { testMail } from './testMail.ts'

/** httpHandler takes v1.0 and beta; one function serves both. */
const graph = '{version}/deviceManagement'
const connectors = `${graph}/exchangeConnectors`
const policies = `${graph}/exchangeOnPremisesPolicies`
const own = 'easgate/connectors/{connectorId}'
const run = `${own}/runs/{runId}`
const relay = `${own}/relays/{fingerprint}`

const table = [
  // Graph's
  ['listConnectors', 'GET', connectors, 'Reader', listConnectors],
  ['getConnector', 'GET', `${connectors}/{connectorId}`, 'Reader', getConnector],
  ['syncConnector', 'POST', `${connectors}/{connectorId}/sync`, 'Operator', syncConnector],
  ['getOnlyConditionalAccess', 'GET', `${graph}/conditionalAccessSettings`, 'Reader', getOnlyConditionalAccess],
  ['patchOnlyConditionalAccess', 'PATCH', `${graph}/conditionalAccessSettings`, 'Admin', patchOnlyConditionalAccess],
  ['getOnlyPolicy', 'GET', `${graph}/exchangeOnPremisesPolicy`, 'Reader', getOnlyPolicy],
  ['patchOnlyPolicy', 'PATCH', `${graph}/exchangeOnPremisesPolicy`, 'Admin', patchOnlyPolicy],
  ['listPolicies', 'GET', policies, 'Reader', listPolicies],
  ['getPolicy', 'GET', `${policies}/{connectorId}`, 'Reader', getPolicy],
  ['patchPolicy', 'PATCH', `${policies}/{connectorId}`, 'Admin', patchPolicy],
  [
    'getConditionalAccess',
    'GET',
    `${policies}/{connectorId}/conditionalAccessSettings`,
    'Reader',
    getConditionalAccess,
  ],
  [
    'patchConditionalAccess',
    'PATCH',
    `${policies}/{connectorId}/conditionalAccessSettings`,
    'Admin',
    patchConditionalAccess,
  ],
  // easgate's own
  ['getOverview', 'GET', own, 'Reader', getOverview],
  ['issueJoinFile', 'POST', `${own}/joinFile`, 'Admin', issueJoinFile],
  ['getSettings', 'GET', `${own}/settings`, 'Reader', getSettings],
  ['patchSettings', 'PATCH', `${own}/settings`, 'Admin', patchSettings],
  ['listDevices', 'GET', `${own}/devices`, 'Reader', listDevices],
  ['listRuns', 'GET', `${own}/runs`, 'Reader', listRuns],
  ['getRun', 'GET', run, 'Reader', getRun],
  ['listChanges', 'GET', `${run}/changes`, 'Reader', listChanges],
  ['approveRun', 'POST', `${run}/approve`, 'Operator', approve],
  ['rejectRun', 'POST', `${run}/reject`, 'Operator', reject],
  ['listAudit', 'GET', `${own}/audit`, 'Reader', listAudit],
  ['listRelays', 'GET', `${own}/relays`, 'Reader', listRelays],
  ['approveRelay', 'POST', `${relay}/approve`, 'Admin', approveRelay],
  ['rejectRelay', 'POST', `${relay}/reject`, 'Admin', rejectRelay],
  ['testMail', 'POST', `${own}/mail/test`, 'Admin', testMail],
] as const satisfies readonly (readonly [string, Route['method'], string, Route['role'], Route['answer']])[]

export const routes: readonly Route[] = table.map(([name, method, path, role, answer]) => ({
  name,
  method,
  path,
  role,
  answer,
}))
