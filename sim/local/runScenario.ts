/** Takes a scenario's steps in order on a running stack and gathers the result (scenario format, "Result"). */
import { connectorId, type Stack } from './stack.ts'
import type { RunView } from './app.ts'
import { operationsOf, type Operations } from './operations.ts'
import type { Scenario, ScenarioStep } from './scenarioFile.ts'
import { exchangeState, spelling } from './scenarioGuids.ts'
import { sentMails, type AuditView } from './sentMails.ts'
import { setPolicy } from './setPolicy.ts'

export interface StepResult {
  readonly sync?: 'full' | 'quick'
  readonly patch?: true
  readonly state: string
  readonly durationMs: number
  readonly counts: Readonly<Record<string, number>>
  /** Cmdlets that change something. */
  readonly commands: number
  readonly graphRequests: number
  readonly relayConversations: number
  readonly operations: Operations
  readonly message?: string
}

export interface ScenarioResult {
  readonly steps: readonly StepResult[]
  readonly decisions: readonly unknown[]
  readonly exchange: unknown
  readonly mails: readonly unknown[]
  readonly audit: readonly unknown[]
}

interface DeviceView {
  readonly record: string
  readonly access: string
  readonly reason: string
  readonly fallback?: string | null
}

export async function runScenario(
  stack: Stack,
  scenario: Scenario,
  onStep: (step: StepResult) => void,
  onProgress: (run: RunView) => void,
): Promise<ScenarioResult> {
  const steps: StepResult[] = []
  for (const step of scenario.steps) {
    if (step.patch || step.remove) add(await changeStep(stack, step))
    if (step.sync) add(await sync(stack, step, step.sync, onProgress))
  }
  const own = `/easgate/connectors/${connectorId}`
  const spelled = spelling(scenario)
  const devices = await stack.app.all<DeviceView>(`${own}/devices`)
  const audit = await stack.app.all<AuditView>(`${own}/audit`)
  return {
    steps,
    decisions: devices.map(({ record, access, reason, fallback }) => ({
      record: spelled(record),
      access,
      reason,
      ...(fallback ? { fallback } : {}),
    })),
    exchange: await exchangeState(stack, spelled),
    mails: await sentMails(stack, audit, spelled),
    audit,
  }

  function add(result: StepResult): void {
    steps.push(result)
    onStep(result)
  }
}

async function sync(
  stack: Stack,
  step: ScenarioStep,
  kind: 'full' | 'quick',
  onProgress: (run: RunView) => void,
): Promise<StepResult> {
  const started = Date.now()
  const run = await stack.app.sync({ kind, approve: step.approve ?? false, dryRun: step.dryRun ?? false, onProgress })
  const { counts } = run
  return {
    sync: kind,
    state: stateOf(run),
    durationMs: Date.now() - started,
    counts,
    commands: counts['commands'] ?? 0,
    graphRequests: counts['graphRequests'] ?? 0,
    relayConversations: counts['relayConversations'] ?? 0,
    operations: operationsOf(counts),
    ...messageOf(run),
  }
}

/*
 * run      | step
 * done     | done
 * held     | held
 * replaced | held, where the limits refused it: the plan of an earlier full sync is held, and only one is kept
 * else     | failed
 */
function stateOf({ state, refusal }: RunView): 'done' | 'held' | 'failed' {
  if (state === 'done' || state === 'held') return state
  return state === 'replaced' && refusal ? 'held' : 'failed'
}

function messageOf({ state, failure, refusal }: RunView): { message?: string } {
  if (failure) return { message: `${failure.step}: ${failure.code}: ${failure.message}` }
  if (!refusal || state === 'done') return {}
  return { message: state === 'replaced' ? `${refusal.message} (An earlier plan is held already.)` : refusal.message }
}

/** A change that is refused, a policy above all, is a failed step with its reason; the steps after it are taken all the same. */
async function changeStep(stack: Stack, step: ScenarioStep): Promise<StepResult> {
  const nothing = { counts: {}, commands: 0, graphRequests: 0, relayConversations: 0, operations: operationsOf({}) }
  const none = { patch: true as const, durationMs: 0, ...nothing }
  try {
    await change(stack, step)
    return { ...none, state: 'done' }
  } catch (error) {
    return { ...none, state: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

/** Changes the simulators' worlds and the policy. */
async function change({ urls, app }: Stack, { patch, remove }: ScenarioStep): Promise<void> {
  if (patch?.exchange) await post(`${urls.exchange}/_sim/patch`, patch.exchange)
  if (patch?.graph) await post(`${urls.graph}/_sim/patch`, patch.graph)
  if (remove?.exchange) await post(`${urls.exchange}/_sim/remove`, remove.exchange)
  if (remove?.graph) await post(`${urls.graph}/_sim/remove`, remove.graph)
  if (patch?.policy) await setPolicy(app, connectorId, patch.policy)
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
}
