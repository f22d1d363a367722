/** The HTTP functions in the order in which Azure asks them, checked for routes that can never be reached. Pure. */
import { HostError } from './hostError.ts'
import type { LocalFunction, Trigger } from './localFunction.ts'
import { coversRoute, matchRoute, type RouteParams } from './route.ts'

type HttpTrigger = Extract<Trigger, { kind: 'http' }>
export type HttpFunction = { fn: LocalFunction; trigger: HttpTrigger }

/**
 * Azure's host asks its HTTP functions in the alphabetical order of their names, and the first whose route and methods fit is
 * run: a literal route is not preferred to one with parameters (azure-functions-host issues 3153 and 9876, FunctionMetadataManager).
 * A route that an earlier one covers is never run there, so it is a HostError here; so are two equal routes with a method in common.
 */
export function httpTable(functions: LocalFunction[]): HttpFunction[] {
  const table = functions.flatMap((fn): HttpFunction[] =>
    fn.trigger.kind === 'http' ? [{ fn, trigger: fn.trigger }] : [],
  )
  table.sort((a, b) => compareNames(a.fn.name, b.fn.name))
  const problems = table.flatMap((one, at) => table.slice(0, at).flatMap((earlier) => problemBetween(earlier, one)))
  if (problems.length > 0) throw new HostError(problems.join('\n'))
  return table
}

/** The function that a request runs, with its route parameters. */
export function findFunction(
  table: HttpFunction[],
  method: string,
  path: string,
): (HttpFunction & { params: RouteParams }) | undefined {
  for (const one of table) {
    const params = matchRoute(one.trigger.route, path)
    if (params && takes(one.trigger, method)) return { ...one, params }
  }
  return undefined
}

function problemBetween(earlier: HttpFunction, later: HttpFunction): string[] {
  const [first, second] = [earlier.trigger, later.trigger]
  const names = `function "${later.fn.name}" (${second.route.template}) and function "${earlier.fn.name}" (${first.route.template})`
  if (first.route.template.toLowerCase() === second.route.template.toLowerCase() && shareMethod(first, second)) {
    return [`${names} have the same route and a method in common: Azure refuses the second`]
  }
  const hidden = coversRoute(first.route, second.route) && isHiddenBy(first, second)
  return hidden
    ? [`${names}: Azure asks the latter first, as its name sorts first, so the former is never run; rename one`]
    : []
}

function shareMethod(first: HttpTrigger, second: HttpTrigger): boolean {
  return (
    first.methods.length === 0 || second.methods.length === 0 || first.methods.some((method) => takes(second, method))
  )
}

function isHiddenBy(first: HttpTrigger, second: HttpTrigger): boolean {
  return (
    first.methods.length === 0 || (second.methods.length > 0 && second.methods.every((method) => takes(first, method)))
  )
}

/** No methods means all methods. */
function takes(trigger: HttpTrigger, method: string): boolean {
  return trigger.methods.length === 0 || trigger.methods.includes(method)
}

/** .NET's OrdinalIgnoreCase: by code unit, in upper case. */
function compareNames(a: string, b: string): number {
  const [left, right] = [a.toUpperCase(), b.toUpperCase()]
  if (left === right) return 0
  return left < right ? -1 : 1
}
