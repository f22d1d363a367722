/** Every operation of the HTTP API with its path and the least role that may call it. Table of contents; the paths are Graph's, then easgate's own. */
import { approveActivation, endActivation, getActivation, getActivations, rejectActivation } from './activations.ts'
import { adoptThem, previewAdoption } from './adopt.ts'
import { exportAudit, listAudit } from './auditTrail.ts'
import type { Route } from './call.ts'
import {
  getConditionalAccess,
  getOnlyConditionalAccess,
  patchConditionalAccess,
  patchOnlyConditionalAccess,
} from './conditionalAccess.ts'
import { cancel, remove, wipe } from './deviceActions.ts'
import { listDevices } from './devices.ts'
import { getDeviceStatus } from './deviceStatus.ts'
import { explainDevice } from './explainDevice.ts'
import { listDrift } from './drift.ts'
import { getOverview } from './connectorOverview.ts'
import { getHealth } from './getHealth.ts'
import { getConnector, listConnectors } from './exchangeConnectors.ts'
import { getOnlyPolicy, getPolicy, listPolicies, patchOnlyPolicy, patchPolicy } from './exchangePolicies.ts'
import { issueActivationLink } from './issueActivationLink.ts'
import { issueJoinFile } from './joinFile.ts'
import { deletePin, getPin, getPins, putPin } from './pins.ts'
import { previewNotification } from './previewNotification.ts'
import { approveRelay, listRelays, rejectRelay } from './relays.ts'
import { handOver, listRules } from './rules.ts'
import { reinstate, retire } from './retirement.ts'
import { approve, getRun, listChanges, listRuns, reject } from './runs.ts'
import { getSettings, patchSettings } from './settings.ts'
import { getStale, previewStale, removeStale } from './stale.ts'
import { syncConnector } from './syncConnector.ts'
import { testMail } from './testMail.ts'
import { getEdit, startEdit } from './whatIf.ts'

/** httpHandler takes v1.0 and beta; one function serves both. */
const graph = '{version}/deviceManagement'
const connectors = `${graph}/exchangeConnectors`
const policies = `${graph}/exchangeOnPremisesPolicies`
const own = 'easgate/connectors/{connectorId}'
const run = `${own}/runs/{runId}`
const relay = `${own}/relays/{fingerprint}`
const pin = `${own}/pins/{recordGuid}`
const device = `${own}/devices/{recordGuid}`
const activation = `${own}/activations/{recordGuid}`

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
  ['getHealth', 'GET', 'easgate/health', 'Reader', getHealth],
  ['getOverview', 'GET', own, 'Reader', getOverview],
  ['retireConnector', 'POST', `${own}/retire`, 'Admin', retire],
  ['reinstateConnector', 'POST', `${own}/reinstate`, 'Admin', reinstate],
  ['issueJoinFile', 'POST', `${own}/joinFile`, 'Admin', issueJoinFile],
  ['getSettings', 'GET', `${own}/settings`, 'Reader', getSettings],
  ['patchSettings', 'PATCH', `${own}/settings`, 'Admin', patchSettings],
  ['listPins', 'GET', `${own}/pins`, 'Reader', getPins],
  ['getPin', 'GET', pin, 'Reader', getPin],
  ['setPin', 'PUT', pin, 'Operator', putPin],
  ['deletePin', 'DELETE', pin, 'Operator', deletePin],
  ['listActivations', 'GET', `${own}/activations`, 'Reader', getActivations],
  ['getActivation', 'GET', activation, 'Reader', getActivation],
  ['approveActivation', 'POST', `${activation}/approve`, 'Operator', approveActivation],
  ['rejectActivation', 'POST', `${activation}/reject`, 'Operator', rejectActivation],
  ['endActivation', 'DELETE', activation, 'Operator', endActivation],
  ['issueActivationLink', 'POST', `${device}/activationLink`, 'Operator', issueActivationLink],
  ['listDevices', 'GET', `${own}/devices`, 'Reader', listDevices],
  ['getDeviceStatus', 'GET', `${device}/status`, 'Reader', getDeviceStatus],
  ['explainDevice', 'GET', `${device}/explain`, 'Reader', explainDevice],
  ['previewAdoption', 'POST', `${own}/adopt/preview`, 'Admin', previewAdoption],
  ['adoptEntries', 'POST', `${own}/adopt`, 'Admin', adoptThem],
  ['wipeDevice', 'POST', `${device}/wipe`, 'Admin', wipe],
  ['cancelWipe', 'POST', `${device}/cancelWipe`, 'Admin', cancel],
  ['removePartnership', 'POST', `${device}/remove`, 'Admin', remove],
  ['previewStale', 'POST', `${own}/stale/preview`, 'Operator', previewStale],
  ['getStale', 'GET', `${own}/stale/{runId}`, 'Reader', getStale],
  ['removeStale', 'POST', `${own}/stale`, 'Admin', removeStale],
  ['startWhatIf', 'POST', `${own}/whatIf`, 'Operator', startEdit],
  ['getWhatIf', 'GET', `${own}/whatIf/{runId}`, 'Reader', getEdit],
  ['listRuns', 'GET', `${own}/runs`, 'Reader', listRuns],
  ['getRun', 'GET', run, 'Reader', getRun],
  ['listChanges', 'GET', `${run}/changes`, 'Reader', listChanges],
  ['approveRun', 'POST', `${run}/approve`, 'Operator', approve],
  ['rejectRun', 'POST', `${run}/reject`, 'Operator', reject],
  ['listDrift', 'GET', `${own}/drift`, 'Reader', listDrift],
  ['listRules', 'GET', `${own}/rules`, 'Reader', listRules],
  ['handOverRule', 'POST', `${own}/rules/{ruleGuid}/handOver`, 'Admin', handOver],
  ['listAudit', 'GET', `${own}/audit`, 'Reader', listAudit],
  ['exportAudit', 'GET', `${own}/audit/export`, 'Reader', exportAudit],
  ['listRelays', 'GET', `${own}/relays`, 'Reader', listRelays],
  ['approveRelay', 'POST', `${relay}/approve`, 'Admin', approveRelay],
  ['rejectRelay', 'POST', `${relay}/reject`, 'Admin', rejectRelay],
  ['testMail', 'POST', `${own}/mail/test`, 'Admin', testMail],
  ['previewNotification', 'POST', `${own}/notification/preview`, 'Operator', previewNotification],
] as const satisfies readonly (readonly [string, Route['method'], string, Route['role'], Route['answer']])[]

export const routes: readonly Route[] = table.map(([name, method, path, role, answer]) => ({
  name,
  method,
  path,
  role,
  answer,
}))
