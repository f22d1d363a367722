/** Turns what the library registered into the functions this host runs: trigger and outputs typed, settings filled in, checked. */
import type { Registered } from './functionsCore.ts'
import { HostError } from './hostError.ts'
import { checkNcrontab } from './ncrontab.ts'
import { parseRoute, type Route } from './route.ts'
import type { Binding, FunctionCallback, FunctionMetadata } from './rpc.ts'
import { connectionString, expand, type Environment } from './settings.ts'

export type AuthLevel = 'anonymous' | 'function' | 'admin'
export type Trigger =
  | { kind: 'http'; route: Route; methods: string[]; authLevel: AuthLevel }
  | { kind: 'timer'; schedule: string; runOnStartup: boolean }
  | { kind: 'queue'; target: QueueTarget }

/** A queue in a storage account; `connection` is the connection string itself and must not be logged. */
export type QueueTarget = { queueName: string; connection: string }

export type LocalFunction = {
  name: string
  metadata: FunctionMetadata
  callback: FunctionCallback
  triggerBinding: string
  trigger: Trigger
  /** Queue outputs by binding name; `$return` is the return value. */
  outputs: Map<string, QueueTarget>
}

/** All functions, or one HostError that lists everything wrong with them. */
export function toLocalFunctions(
  registered: Registered[],
  environment: Environment,
  routePrefix: string,
): LocalFunction[] {
  const functions: LocalFunction[] = []
  const problems: string[] = []
  for (const one of registered) {
    try {
      functions.push(toLocalFunction(one, environment, routePrefix))
    } catch (thrown) {
      if (!(thrown instanceof HostError)) throw thrown
      problems.push(thrown.message)
    }
  }
  if (problems.length > 0) throw new HostError(problems.join('\n'))
  return functions
}

function toLocalFunction(
  { metadata, callback }: Registered,
  environment: Environment,
  routePrefix: string,
): LocalFunction {
  const name = metadata.name
  const trigger = findTrigger(metadata)
  const outputs = new Map<string, QueueTarget>()
  for (const [key, binding] of Object.entries(metadata.bindings)) {
    if (binding === trigger || (binding.type === 'http' && key === '$return')) continue
    if (binding.type !== 'queue' || binding.direction !== 'out') throw unsupported(name, binding)
    outputs.set(key, toQueueTarget(binding, environment, `function "${name}"`))
  }
  return {
    name,
    metadata,
    callback,
    triggerBinding: trigger.name,
    trigger: toTrigger(name, trigger, environment, routePrefix),
    outputs,
  }
}

/** The binding whose type ends in "Trigger"; the library lets no function register without one. */
export function findTrigger(metadata: FunctionMetadata): Binding {
  const trigger = Object.values(metadata.bindings).find((binding) => /trigger$/i.test(binding.type))
  if (!trigger) throw new HostError(`function "${metadata.name}" has no trigger`)
  return trigger
}

function toTrigger(name: string, binding: Binding, environment: Environment, routePrefix: string): Trigger {
  const usedBy = `function "${name}"`
  switch (binding.type) {
    case 'httpTrigger': {
      const route = parseRoute(pathOf(binding, name, environment), routePrefix, usedBy)
      return { kind: 'http', route, methods: methodsOf(binding), authLevel: authLevelOf(binding, usedBy) }
    }
    case 'timerTrigger': {
      const schedule = expand(text(binding, 'schedule', usedBy), environment, usedBy)
      checkNcrontab(schedule, usedBy)
      return { kind: 'timer', schedule, runOnStartup: binding['runOnStartup'] === true }
    }
    case 'queueTrigger':
      return { kind: 'queue', target: toQueueTarget(binding, environment, usedBy) }
    default:
      throw unsupported(name, binding)
  }
}

/** A route that is missing or empty is the function's name, and Azure keeps two beginnings for itself. */
function pathOf(binding: Binding, name: string, environment: Environment): string {
  const path = expand(optionalText(binding, 'route') ?? '', environment, `function "${name}"`).trim() || name
  if (/^\/*(admin|runtime)/i.test(path)) {
    throw new HostError(
      `function "${name}": Azure refuses the route "${path}", as it begins with "admin" or "runtime"; choose another`,
    )
  }
  return path
}

function toQueueTarget(binding: Binding, environment: Environment, usedBy: string): QueueTarget {
  const queueName = expand(text(binding, 'queueName', usedBy), environment, usedBy)
  // The storage service's own rule; it would answer 400 to each poll.
  if (!/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(queueName)) {
    throw new HostError(
      `${usedBy}: "${queueName}" is no queue name; use 3 to 63 lower-case letters, digits and single hyphens`,
    )
  }
  return { queueName, connection: connectionString(optionalText(binding, 'connection'), environment, usedBy) }
}

function methodsOf(binding: Binding): string[] {
  const methods = binding['methods']
  return Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : []
}

function authLevelOf(binding: Binding, usedBy: string): AuthLevel {
  const level = (optionalText(binding, 'authLevel') ?? 'function').toLowerCase()
  if (level === 'anonymous' || level === 'function' || level === 'admin') return level
  throw new HostError(`${usedBy}: authLevel "${level}" is not one of anonymous, function, admin`)
}

function text(binding: Binding, option: string, usedBy: string): string {
  const value = optionalText(binding, option)
  if (value === undefined || value === '') throw new HostError(`${usedBy}: its ${binding.type} has no ${option}`)
  return value
}

function optionalText(binding: Binding, option: string): string | undefined {
  const value = binding[option]
  return typeof value === 'string' ? value : undefined
}

function unsupported(name: string, binding: Binding): HostError {
  return new HostError(
    `function "${name}": the local host does not know the ${binding.direction} binding ${binding.type}; it knows http, timer and queue triggers and queue outputs`,
  )
}
