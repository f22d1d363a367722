/** From the text that the PowerShell module printed to typed events, or a ChildFailure: the last line must count the others. Pure. */
import * as z from 'zod'
import { failureCategories } from '../../protocol/messages.ts'
import { ChildFailure } from './childFailure.ts'

const longestText = 2_000
const mostWarnings = 20
const shortText = z.string().transform((text) => text.slice(0, longestText))

const failure = z.object({
  category: z.enum(failureCategories).catch('other'),
  message: shortText,
  retryAfterMs: z.number().min(0).optional(),
})
export type Failure = z.infer<typeof failure>

const done = z.object({
  ok: z.boolean(),
  warnings: z.array(shortText).transform((warnings) => warnings.slice(0, mostWarnings)),
  durationMs: z.number().min(0),
  error: failure.optional(),
})
/** How one command ended. `error` is there exactly when `ok` is false. */
export type Outcome = z.infer<typeof done>

const opened = z.object({
  organization: z.string().nullable(),
  server: z.string().nullable(),
  dialect: z.enum(['ActiveSyncDevice', 'MobileDevice']),
})
/** What the module learned of Exchange when it opened its sessions. */
export type Opened = z.infer<typeof opened>

const openEnd = z.object({ relay: opened.optional(), error: failure.optional() })
const stepEnd = z.object({
  running: z.int().min(0),
  queued: z.int().min(0),
  open: z.int().min(0).optional(),
  failure: failure.optional().catch(undefined),
  calls: z.boolean().optional(),
})

export type StepEvent =
  | { readonly key: string; readonly row: Record<string, unknown>; readonly chars: number }
  | { readonly key: string; readonly done: Outcome }

export interface StepReply {
  readonly events: readonly StepEvent[]
  /** Pipelines that run in the module now, and commands that wait there for a runspace. */
  readonly running: number
  readonly queued: number
  /** Sessions that are open or being opened. */
  readonly open?: number | undefined
  /** Why none is, when `open` is 0. */
  readonly failure?: Failure | undefined
  /** Whether the module hears `ShellHost.call`. */
  readonly calls?: boolean | undefined
}

/** The reply of Open-Easgate: what it learned, or why it could not open. Throws a ChildFailure (rubbish). */
export function parseOpenReply(text: string): Opened | Failure {
  const { end } = splitReply(text)
  const result = openEnd.safeParse(end)
  const value = result.data?.error ?? result.data?.relay
  if (!value) throw rubbish('the answer to Open-Easgate names neither a server nor an error')
  return value
}

/** The reply of Step-Easgate. All or nothing: events of a reply that is not whole are never used. Throws a ChildFailure (rubbish). */
export function parseStepReply(text: string): StepReply {
  const { lines, end } = splitReply(text)
  const counts = stepEnd.safeParse(end)
  if (!counts.success) throw rubbish(`the last line of a step: ${z.prettifyError(counts.error)}`)
  return { events: lines.map(toEvent), ...counts.data }
}

/** The reply of Close-Easgate, checked to be whole. */
export function parseCloseReply(text: string): void {
  splitReply(text)
}

/** The lines of any reply of the module, and its last line, which counts them. Throws a ChildFailure (rubbish). */
export function splitReply(text: string): { lines: string[]; end: unknown } {
  const lines = text.split(/\r?\n/)
  const last = lines.pop() ?? ''
  const end = asObject(last)
  if (!end || end['end'] !== true) throw rubbish(`a reply of ${lines.length + 1} lines without the last line`)
  if (end['lines'] !== lines.length)
    throw rubbish(`a reply of ${lines.length} lines that says it has ${String(end['lines'])}`)
  return { lines, end }
}

function toEvent(line: string): StepEvent {
  const event = asObject(line)
  const key = event?.['key']
  if (!event || typeof key !== 'string') throw rubbish('a line that is no event')
  const row = event['row']
  if (isObject(row)) return { key, row, chars: line.length }
  const result = done.safeParse(event['done'])
  if (!result.success) throw rubbish(`the outcome of ${key}: ${z.prettifyError(result.error)}`)
  return { key, done: withError(result.data) }
}

function withError(outcome: Outcome): Outcome {
  if (outcome.ok || outcome.error) return outcome
  return { ...outcome, error: { category: 'other', message: 'the command failed without saying why' } }
}

function asObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

// Not zod: it would copy each of 100,000 rows.
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function rubbish(what: string): ChildFailure {
  return new ChildFailure('rubbish', `the PowerShell child answered rubbish: ${what}`)
}
