/** What `--list` prints: the registered functions with their triggers, as data for people and tests. Pure. */
import type { Registered } from './functionsCore.ts'
import { findTrigger } from './localFunction.ts'
import type { Environment } from './settings.ts'

export type FunctionDescription = {
  name: string
  type: string
  route?: unknown
  methods?: unknown
  authLevel?: unknown
  schedule?: unknown
  runOnStartup?: unknown
  queue?: unknown
  connection?: unknown
  outputs?: { name: string; type: string; queue?: unknown }[]
}

/** One row per function, by name. `%NAME%` is filled in where that setting exists and stays as it is where not. */
export function describeFunctions(registered: Registered[], environment: Environment): FunctionDescription[] {
  const fill = (value: unknown) =>
    typeof value === 'string'
      ? value.replaceAll(/%([^%]+)%/g, (whole, name: string) => environment[name] ?? whole)
      : value
  const rows = registered.map(({ metadata }): FunctionDescription => {
    const trigger = findTrigger(metadata)
    const { route, methods, authLevel, schedule, runOnStartup, queueName, connection } = trigger
    const outputs = Object.entries(metadata.bindings)
      .filter(([, binding]) => binding.direction === 'out' && binding.type !== 'http')
      .map(([name, { type, queueName }]) => ({ name, type, queue: fill(queueName) }))
    const row = {
      name: metadata.name,
      type: trigger.type,
      route: fill(route),
      methods,
      authLevel,
      schedule: fill(schedule),
      runOnStartup,
    }
    return { ...row, queue: fill(queueName), connection, ...(outputs.length > 0 ? { outputs } : {}) }
  })
  return rows.toSorted((a, b) => a.name.localeCompare(b.name))
}
