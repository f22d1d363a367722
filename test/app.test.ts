/**
 * The built app in plain Node, as Azure loads it: vitest would forgive imports that crash there (facts/functions-host.md). The build
 * is dist/, or the folder that EASGATE_DIST names.
 */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { nodes } from './nodes.ts'

const run = promisify(execFile)
const dist = resolve(process.env['EASGATE_DIST'] ?? 'dist')
const app = resolve(dist, 'functions/app.js')
const host = resolve(dist, 'sim/host/main.js')

interface Listed {
  readonly name: string
  readonly type: string
  readonly [detail: string]: unknown
}

/** What the app registers with these settings and no others. */
async function list(node: string, env: Record<string, string> = {}): Promise<Listed[]> {
  const { PATH = '' } = process.env
  const { stdout } = await run(node, [host, '--app', app, '--list'], { env: { PATH, ...env } })
  return JSON.parse(stdout)
}

const http = (method: string, route: string) => ({
  type: 'httpTrigger',
  route,
  methods: [method],
  authLevel: 'anonymous',
})
const graph = '{version}/deviceManagement'
const own = 'easgate/connectors/{connectorId}'

const expected: Record<string, Omit<Listed, 'name'>> = {
  fullSync: { type: 'timerTrigger', schedule: '0 0 2 * * *' },
  quickSync: { type: 'timerTrigger', schedule: '0 * * * * *' },
  anchorAudit: { type: 'timerTrigger', schedule: '0 7 * * * *' },
  presence: { type: 'timerTrigger', schedule: '10 * * * * *' },
  runStep: { type: 'queueTrigger', queue: 'run-steps', connection: 'AzureWebJobsStorage' },
  runStepPoison: { type: 'queueTrigger', queue: 'run-steps-poison', connection: 'AzureWebJobsStorage' },
  health: http('GET', 'health'),
  activate: { ...http('GET', 'activate'), methods: ['GET', 'POST'] },
  activateSignIn: { ...http('GET', 'activate/signIn'), methods: ['GET', 'POST'] },
  listActivations: http('GET', `${own}/activations`),
  getActivation: http('GET', `${own}/activations/{recordGuid}`),
  approveActivation: http('POST', `${own}/activations/{recordGuid}/approve`),
  rejectActivation: http('POST', `${own}/activations/{recordGuid}/reject`),
  endActivation: http('DELETE', `${own}/activations/{recordGuid}`),
  issueActivationLink: http('POST', `${own}/devices/{recordGuid}/activationLink`),
  listConnectors: http('GET', `${graph}/exchangeConnectors`),
  getConnector: http('GET', `${graph}/exchangeConnectors/{connectorId}`),
  syncConnector: http('POST', `${graph}/exchangeConnectors/{connectorId}/sync`),
  getOnlyConditionalAccess: http('GET', `${graph}/conditionalAccessSettings`),
  patchOnlyConditionalAccess: http('PATCH', `${graph}/conditionalAccessSettings`),
  getOnlyPolicy: http('GET', `${graph}/exchangeOnPremisesPolicy`),
  patchOnlyPolicy: http('PATCH', `${graph}/exchangeOnPremisesPolicy`),
  listPolicies: http('GET', `${graph}/exchangeOnPremisesPolicies`),
  getPolicy: http('GET', `${graph}/exchangeOnPremisesPolicies/{connectorId}`),
  patchPolicy: http('PATCH', `${graph}/exchangeOnPremisesPolicies/{connectorId}`),
  getConditionalAccess: http('GET', `${graph}/exchangeOnPremisesPolicies/{connectorId}/conditionalAccessSettings`),
  patchConditionalAccess: http('PATCH', `${graph}/exchangeOnPremisesPolicies/{connectorId}/conditionalAccessSettings`),
  getHealth: http('GET', 'easgate/health'),
  getOverview: http('GET', own),
  issueJoinFile: http('POST', `${own}/joinFile`),
  testMail: http('POST', `${own}/mail/test`),
  retireConnector: http('POST', `${own}/retire`),
  reinstateConnector: http('POST', `${own}/reinstate`),
  listPins: http('GET', `${own}/pins`),
  getPin: http('GET', `${own}/pins/{recordGuid}`),
  setPin: http('PUT', `${own}/pins/{recordGuid}`),
  deletePin: http('DELETE', `${own}/pins/{recordGuid}`),
  getDeviceStatus: http('GET', `${own}/devices/{recordGuid}/status`),
  explainDevice: http('GET', `${own}/devices/{recordGuid}/explain`),
  previewAdoption: http('POST', `${own}/adopt/preview`),
  adoptEntries: http('POST', `${own}/adopt`),
  wipeDevice: http('POST', `${own}/devices/{recordGuid}/wipe`),
  cancelWipe: http('POST', `${own}/devices/{recordGuid}/cancelWipe`),
  removePartnership: http('POST', `${own}/devices/{recordGuid}/remove`),
  previewStale: http('POST', `${own}/stale/preview`),
  getStale: http('GET', `${own}/stale/{runId}`),
  removeStale: http('POST', `${own}/stale`),
  startWhatIf: http('POST', `${own}/whatIf`),
  getWhatIf: http('GET', `${own}/whatIf/{runId}`),
  listDrift: http('GET', `${own}/drift`),
  listRules: http('GET', `${own}/rules`),
  handOverRule: http('POST', `${own}/rules/{ruleGuid}/handOver`),
  previewNotification: http('POST', `${own}/notification/preview`),
  getSettings: http('GET', `${own}/settings`),
  patchSettings: http('PATCH', `${own}/settings`),
  listDevices: http('GET', `${own}/devices`),
  listRuns: http('GET', `${own}/runs`),
  getRun: http('GET', `${own}/runs/{runId}`),
  listChanges: http('GET', `${own}/runs/{runId}/changes`),
  approveRun: http('POST', `${own}/runs/{runId}/approve`),
  rejectRun: http('POST', `${own}/runs/{runId}/reject`),
  listAudit: http('GET', `${own}/audit`),
  exportAudit: http('GET', `${own}/audit/export`),
  listRelays: http('GET', `${own}/relays`),
  approveRelay: http('POST', `${own}/relays/{fingerprint}/approve`),
  rejectRelay: http('POST', `${own}/relays/{fingerprint}/reject`),
}

describe.each(nodes)('in %s', (_version, node) => {
  test.skipIf(node === undefined)('the built app registers exactly this, with no setting at all', async () => {
    const listed = await list(node ?? '')
    expect(Object.fromEntries(listed.map(({ name, ...rest }) => [name, rest]))).toEqual(expected)
    expect(listed).toHaveLength(Object.keys(expected).length)
  })
})

test('a schedule of one’s own counts', async () => {
  const listed = await list(process.execPath, {
    FULL_SYNC_SCHEDULE: '0 30 3 * * *',
    QUICK_SYNC_SCHEDULE: '*/10 * * * * *',
  })
  const schedules = Object.fromEntries(
    listed.flatMap(({ name, schedule }) => (schedule === undefined ? [] : [[name, schedule]])),
  )
  expect(schedules).toEqual({
    fullSync: '0 30 3 * * *',
    quickSync: '*/10 * * * * *',
    anchorAudit: '0 7 * * * *',
    presence: '10 * * * * *',
  })
})

test('local.settings.json has what a developer’s machine needs besides secrets', async () => {
  const { default: file } = await import('../local.settings.json', { with: { type: 'json' } })
  expect(file).toEqual({
    IsEncrypted: false,
    Values: {
      FUNCTIONS_WORKER_RUNTIME: 'node',
      AzureWebJobsStorage: 'UseDevelopmentStorage=true',
      FULL_SYNC_SCHEDULE: '0 0 2 * * *',
      QUICK_SYNC_SCHEDULE: '0 * * * * *',
      EASGATE_ADMIN_LOOPBACK: 'true',
    },
  })
})
