/** What of an edited policy only others can judge, asked before it is saved: groups (Graph) and the expressions of extra rules (the engine). */
import pLimit from 'p-limit'
import { compileExtraRules } from '../core/extraRules.ts'
import { ruleGroups } from '../core/policyGroups.ts'
import type { Policy } from '../core/types.ts'
import { AppError, asAppError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Call } from './call.ts'
import { readFlag } from './readFlag.ts'

/** Groups asked for at once. */
const atOnce = 8

/*
 * what                                        | answer
 * a group that was named before               | not asked for: switching off must work while a group is gone
 * a group that does not exist                 | 400
 * a group of nobody                           | 400: most likely another one was meant, and those in it would be cut off
 * the same with ?allowEmptyGroups=true        | saved: somebody is to join it later
 * Graph does not answer                       | 503: nothing is saved unchecked
 * rules that are as they were                 | not asked for
 * an expression that does not compile         | 400
 */

/** Throws AppError badRequest that names everything that cannot be, graphFailed, graphDenied. */
export async function checkPolicy(
  { request, ports: { directory, compilePattern } }: Pick<Call, 'request' | 'ports'>,
  before: Policy,
  after: Policy,
): Promise<void> {
  const problems = ruleProblems(compilePattern, before, after)
  const mayBeEmpty = readFlag(request, 'allowEmptyGroups')
  const limit = pLimit(atOnce)
  const found = await limit.map(newGroups(before, after), async (group) => groupProblem(directory, group, mayBeEmpty))
  problems.push(...found.filter((problem) => problem !== null))
  if (problems.length > 0) throw new AppError('badRequest', problems.join('; '))
}

function ruleProblems(compilePattern: Ports['compilePattern'], before: Policy, after: Policy): string[] {
  const { extraRules } = after.settings
  if (JSON.stringify(extraRules) === JSON.stringify(before.settings.extraRules)) return []
  return extraRules.flatMap((rule, index) => {
    try {
      compileExtraRules([rule], compilePattern)
      return []
    } catch (thrown) {
      return [`extraRules.${index}.when: rule "${rule.name}": ${asAppError(thrown).message}`]
    }
  })
}

interface NamedGroup {
  readonly property: string
  readonly id: string
}

function newGroups(before: Policy, after: Policy): NamedGroup[] {
  const lists = [
    ['includedGroups', before.includedGroups, after.includedGroups],
    ['excludedGroups', before.excludedGroups, after.excludedGroups],
    ['extraRules', ruleGroups(before), ruleGroups(after)],
  ] as const
  return lists.flatMap(([property, old, now]) => {
    const known = new Set(old.map((id) => id.toLowerCase()))
    const added = now.filter((id) => !known.has(id.toLowerCase()))
    return added.map((id) => ({ property, id }))
  })
}

async function groupProblem(
  directory: Ports['directory'],
  { property, id }: NamedGroup,
  mayBeEmpty: boolean,
): Promise<string | null> {
  try {
    const { items, next } = await directory.memberIds(id, null)
    if (items.length > 0 || next !== null || mayBeEmpty) return null
    return `${property}: the group ${id} has no users in it, directly or through groups; add them first, leave the group out, or send ?allowEmptyGroups=true if they are to join it later`
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'groupNotFound') throw thrown
    return `${property}: there is no group ${id}; check its object id in Entra, or leave it out`
  }
}
