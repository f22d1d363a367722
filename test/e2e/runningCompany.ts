/** A company on a running stack: what a test asks of it, and what must hold at the end whatever was killed on the way. */
import { expect } from 'vitest'
import type { AuditRow } from '../../functions/core/audit.ts'
import type { StoredChange } from '../../functions/portsStore.ts'
import type { RunView } from '../../sim/local/app.ts'
import { connectorId, never, startStack, type Stack, type StackOptions } from '../../sim/local/stack.ts'
import { chainProblems, sentCommands, withoutEnd } from './auditProblems.ts'
import type { Company } from './company.ts'
import type { DecisionView, ExchangeView } from './scenarioRun.ts'
import { until } from './until.ts'

const own = `/easgate/connectors/${connectorId}`
const connectors = '/v1.0/deviceManagement/exchangeConnectors'

/** A command that changes something, as the simulated Exchange ran it. */
interface Journaled {
  readonly cmdlet: string
  readonly parameters: Readonly<Record<string, unknown>>
  /** Exchange warns when a command modified nothing. */
  readonly warnings: readonly string[]
  readonly error: string | null
}

export interface RunningCompany {
  readonly stack: Stack
  /** Cmdlet → how long it takes from now on. */
  slowDown(latencyMs: Readonly<Record<string, number>>): Promise<void>
  /** Asks for a full sync and gives its id at once. */
  askForFullSync(): Promise<string>
  run(id: string): Promise<RunView>
  /** The run once it is not running any more. */
  ended(id: string): Promise<RunView>
  journal(): Promise<readonly Journaled[]>
  relays(): Promise<readonly { fingerprint: string; state: string; host: string | null }[]>
}

const started: Stack[] = []

/** For afterEach: stops every stack that the test started. */
export async function stopCompanies(): Promise<void> {
  await Promise.all(started.splice(0).map((stack) => stack.stop()))
}

/** Timers never fire and failed messages come again at once; all ports are free ones. */
export async function startCompany(
  { world, policy }: Pick<Company, 'world' | 'policy'>,
  options: Pick<
    StackOptions,
    'visibilityMs' | 'parallel' | 'otherConnectors' | 'allow' | 'settings' | 'packed' | 'onLine'
  > &
    Partial<Pick<StackOptions, 'schedules'>> = {},
): Promise<RunningCompany> {
  const stack = await startStack({ world, policy, port: 0, schedules: never, retryMs: 0, ...options })
  started.push(stack)
  const { app, urls } = stack
  const run = (id: string) => app.get<RunView>(`${own}/runs/${id}`)
  return {
    stack,
    run,
    async slowDown(latencyMs) {
      await fetch(`${urls.exchange}/_sim/faults`, { method: 'POST', body: JSON.stringify({ latencyMs }) })
    },
    async askForFullSync() {
      const answer = await app.send('POST', `${connectors}/${connectorId}/sync`, { syncType: 'fullSync' })
      return answer.headers.get('easgate-run-id') ?? ''
    },
    ended: (id) =>
      until(`run ${id} ends`, async () => {
        const view = await run(id)
        return view.state === 'running' ? null : view
      }),
    async journal() {
      const answer = await fetch(`${urls.exchange}/_sim/commands`)
      return ((await answer.json()) as { commands: readonly Journaled[] }).commands
    },
    async relays() {
      return (await app.get<{ value: Awaited<ReturnType<RunningCompany['relays']>> }>(`${own}/relays`)).value
    },
  }
}

/** Exchange, decisions, outcomes and audit are those of a run that nobody disturbed, and a next full sync finds nothing to do. */
export async function expectUndisturbed(running: RunningCompany, runId: string, given: Company): Promise<void> {
  const { app, urls } = running.stack
  const exchange = (await (await fetch(`${urls.exchange}/_sim/state`)).json()) as ExchangeView
  const devices = await app.all<DecisionView>(`${own}/devices?$top=1000`)
  expect({
    defaultLevel: exchange.organizationSettings.DefaultAccessLevel,
    rules: exchange.accessRules
      .map((rule) => `${rule.Characteristic} ${rule.QueryString} ${rule.AccessLevel}`)
      .toSorted(),
    entries: Object.fromEntries(exchange.mailboxes.map((mailbox) => [mailbox.Guid, entriesOf(mailbox)])),
    decisions: Object.fromEntries(devices.map(({ record, access, reason }) => [record, `${access} ${reason}`])),
  }).toEqual({ ...given.expected, rules: given.expected.rules.toSorted() })
  expect(devices).toHaveLength(Object.keys(given.expected.decisions).length)

  const changes = await app.all<StoredChange>(`${own}/runs/${runId}/changes?$top=1000`)
  expect(changes).toHaveLength(given.changes)
  expect(changes.filter(({ outcome }) => outcome?.state !== 'done' && outcome?.state !== 'verified')).toEqual([])

  const journal = await running.journal()
  expect(journal.filter(isEffective)).toHaveLength(given.changes)
  const audit = await app.all<AuditRow>(`${own}/audit?$top=1000`)
  expect(chainProblems(audit)).toEqual([])
  expect(journal.filter((entry) => !isAudited(entry, audit))).toEqual([])
  expect(withoutEnd(audit)).toEqual([])

  const next = await running.ended(await running.askForFullSync())
  expect([next.state, next.counts['commands'] ?? 0]).toEqual(['done', 0])
  expect(await running.journal()).toHaveLength(journal.length)
}

/** It was run without an error and modified something. */
function isEffective({ warnings, error }: Journaled): boolean {
  return error === null && warnings.length === 0
}

/** The audit has a row that says this command would be sent to this mailbox. */
function isAudited({ cmdlet, parameters }: Journaled, audit: readonly AuditRow[]): boolean {
  const kind = kinds[cmdlet]
  const sent = sentCommands(audit).filter(({ command }) => command.kind === kind)
  if (kind !== 'lists') return sent.length > 0
  const { Identity, ActiveSyncAllowedDeviceIDs: allowed, ActiveSyncBlockedDeviceIDs: blocked } = parameters
  return sent.some(
    ({ subject, command }) =>
      subject === Identity && isSame(allowed, command.addAllowed) && isSame(blocked, command.addBlocked),
  )
}

const kinds: Readonly<Record<string, string>> = {
  'Set-CASMailbox': 'lists',
  'Set-ActiveSyncOrganizationSettings': 'defaultLevel',
  'New-ActiveSyncDeviceAccessRule': 'newRule',
}

/** `@{Add=…}` as the journal has it, against the ids that the audit has. */
function isSame(parameter: unknown, ids: readonly string[] = []): boolean {
  const added = (parameter as { readonly Add?: readonly string[] } | undefined)?.Add ?? []
  return JSON.stringify(added) === JSON.stringify(ids)
}

function entriesOf({ ActiveSyncAllowedDeviceIDs, ActiveSyncBlockedDeviceIDs }: ExchangeView['mailboxes'][number]) {
  return [
    ...ActiveSyncAllowedDeviceIDs.map((id) => `+${id}`),
    ...ActiveSyncBlockedDeviceIDs.map((id) => `-${id}`),
  ].join(' ')
}
