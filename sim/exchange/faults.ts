/** What the simulated Exchange is told to do wrong (POST /_sim/faults), and to whom it happens next. */
import * as z from 'zod'
import { CmdletError, errors } from './cmdletError.ts'
import { hiddenPermissions } from './world.ts'

const next = { cmdlet: z.string().default('*'), times: z.int().min(1).default(1) }

/** What the stand-in shell does when a command carries it: see standIn/childFault.ts. */
export const childFaults = ['hang', 'flood', 'exit', 'kill', 'rubbish', 'stderr', 'wrongCount', 'noEnd'] as const
export type ChildFault = (typeof childFaults)[number]

/** A property given replaces what was set before; null takes it away. `times` counts down; `cmdlet` '*' is any. */
export const faultSettings = z.strictObject({
  latencyMs: z.union([z.number().min(0), z.record(z.string(), z.number().min(0))]).nullish(),
  failNext: z
    .array(
      z.strictObject({
        ...next,
        reason: z.string(),
        message: z.string().optional(),
        failureCategory: z.string().optional(),
        retryAfterMs: z.number().optional(),
      }),
    )
    .nullish(),
  hangNext: z.array(z.strictObject(next)).nullish(),
  /** The connection ends without an answer: before the command ran, in the middle of its rows, or after it ran. */
  cutNext: z
    .array(z.strictObject({ ...next, when: z.enum(['before', 'midway', 'after']).default('before') }))
    .nullish(),
  childNext: z.array(z.strictObject({ ...next, fault: z.enum(childFaults) })).nullish(),
  /** The load quota: so many requests in a period, then refused until it ends. */
  throttle: z.strictObject({ requests: z.int().min(0), periodMs: z.number().min(1) }).nullish(),
  shellLimit: z.int().min(0).nullish(),
  /** After how long an unused shell is given up. */
  shellIdleMs: z.number().min(0).nullish(),
  /** Servers, by Fqdn or Name, that are down: they open no shell and answer nothing, and what runs there is cut; ["*"]: all are. */
  unreachable: z.array(z.string()).nullish(),
  /** Servers that open no shell because they refuse the account; shells that are open stay. */
  refusing: z.array(z.string()).nullish(),
  hidden: hiddenPermissions.nullish(),
})
export type FaultSettings = z.infer<typeof faultSettings>

export type Fault =
  | { readonly kind: 'fail'; readonly error: CmdletError; readonly breaksShell: boolean }
  | { readonly kind: 'hang' }
  | { readonly kind: 'cut'; readonly when: 'before' | 'midway' | 'after' }
  | { readonly kind: 'child'; readonly fault: ChildFault }

export class Faults {
  #settings: FaultSettings = {}
  #period = { endsAt: 0, requests: 0 }

  get settings(): FaultSettings {
    return this.#settings
  }

  set(settings: FaultSettings): void {
    this.#settings = { ...this.#settings, ...settings }
    this.#period = { endsAt: 0, requests: 0 }
  }

  clear(): void {
    this.#settings = {}
  }

  latencyMs(cmdlet: string): number {
    const { latencyMs } = this.#settings
    return typeof latencyMs === 'object' && latencyMs ? (latencyMs[cmdlet] ?? latencyMs['*'] ?? 0) : (latencyMs ?? 0)
  }

  /** What happens to a command that arrives now; counts it. */
  next(cmdlet: string, now: number): Fault | undefined {
    const quota = this.#overQuota(now)
    if (quota) return { kind: 'fail', error: quota, breaksShell: false }
    const { failNext, hangNext, cutNext, childNext } = this.#settings
    const fail = take(failNext, cmdlet)
    if (fail) return { kind: 'fail', ...failure(fail, cmdlet) }
    if (take(hangNext, cmdlet)) return { kind: 'hang' }
    const cut = take(cutNext, cmdlet)
    if (cut) return { kind: 'cut', when: cut.when }
    const child = take(childNext, cmdlet)
    return child && { kind: 'child', fault: child.fault }
  }

  #overQuota(now: number): CmdletError | undefined {
    const { throttle } = this.#settings
    if (!throttle) return undefined
    if (now >= this.#period.endsAt) this.#period = { endsAt: now + throttle.periodMs, requests: 0 }
    this.#period.requests += 1
    return this.#period.requests > throttle.requests ? errors.loadQuota(this.#period.endsAt - now) : undefined
  }
}

function take<T extends { cmdlet: string; times: number }>(
  list: T[] | null | undefined,
  cmdlet: string,
): T | undefined {
  const found = list?.find((entry) => entry.times > 0 && fits(entry.cmdlet, cmdlet))
  if (found) found.times -= 1
  return found
}

// Set-ADServerSettings is what a module does by itself in every new session: a fault meets it only when it names it.
function fits(wanted: string, cmdlet: string): boolean {
  return wanted === cmdlet || (wanted === '*' && cmdlet !== 'Set-ADServerSettings')
}

type Failure = NonNullable<FaultSettings['failNext']>[number]

function failure(given: Failure, cmdlet: string): { error: CmdletError; breaksShell: boolean } {
  const usual = usualError(given, cmdlet)
  const error = new CmdletError(
    given.reason,
    given.message ?? usual.message,
    given.failureCategory ?? usual.failureCategory,
    given.retryAfterMs,
  )
  const isTransport = given.reason === 'PSRemotingTransportException' && given.retryAfterMs === undefined
  return { error, breaksShell: isTransport || given.reason === 'InvalidRunspaceStateException' }
}

/** The error that Exchange would give for a reason, with invented particulars. */
export function usualError(given: Pick<Failure, 'reason' | 'retryAfterMs'>, subject: string): CmdletError {
  const usual: Readonly<Record<string, () => CmdletError>> = {
    ManagementObjectNotFoundException: () => errors.notFound(subject, 'dc1'),
    ManagementObjectAmbiguousException: () => errors.ambiguous(subject),
    ADOperationException: () => errors.accessRights('dc1'),
    CommandNotFoundException: () => errors.cmdletHidden(subject),
    ParameterBindingException: () => errors.parameterHidden('Identity'),
    InvalidRunspaceStateException: () => errors.broken(),
    PSRemotingTransportException: () =>
      given.retryAfterMs === undefined ? errors.transport() : errors.loadQuota(given.retryAfterMs),
  }
  return (
    usual[given.reason]?.() ??
    new CmdletError(given.reason, `The simulated Exchange was told to fail with ${given.reason}.`)
  )
}
