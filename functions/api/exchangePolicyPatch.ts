/** What may be changed of Graph's exchange policy, and how it reads in the connector's own policy. Pure. */
import * as z from 'zod'
import type { PlatformException, Policy } from '../core/types.ts'
import { closedObject, patchOf, withGiven } from './body.ts'
import { notificationContent } from './notification.ts'

const level = z.enum(['none', 'allow', 'block', 'quarantine'])

/** The text of an Exchange access rule: exact, case ignored by Exchange (facts A7). */
const className = z
  .string()
  .max(256)
  .refine((text) => text.trim() !== '' && text === text.trim(), 'must not be blank, nor begin or end with a space')

const accessRule = closedObject({
  deviceClass: closedObject({ name: className, type: z.enum(['family', 'model']) }),
  accessLevel: level,
})
type AccessRule = z.infer<typeof accessRule>

const accessRules = z
  .array(accessRule)
  .max(500)
  .transform((rules, context): PlatformException[] => {
    const byClass = new Map<string, AccessRule>()
    rules.forEach((rule, index) => {
      const key = `${rule.deviceClass.type}|${rule.deviceClass.name.toLowerCase()}`
      const first = byClass.get(key)
      if (first && first.accessLevel !== rule.accessLevel) context.addIssue(contradiction(first, rule, index))
      if (!first) byClass.set(key, rule)
    })
    return [...byClass.values()].map(({ deviceClass: { name, type }, accessLevel }) => ({
      type,
      name,
      level: accessLevel,
    }))
  })

function contradiction(first: AccessRule, { deviceClass, accessLevel }: AccessRule, index: number) {
  const what = `${deviceClass.type} "${deviceClass.name}"`
  const message = `the ${what} has the level ${first.accessLevel} already and cannot have ${accessLevel} too; give it one`
  return { code: 'custom' as const, path: [index], message }
}

/**
 * `id` cannot be changed and `knownDeviceClasses` is what Exchange has seen: their values are ignored, so that a client may send back
 * the whole object it read (OData 4.0 part 1, 11.4.3).
 */
export const exchangePolicyPatch = patchOf({
  id: z.unknown(),
  knownDeviceClasses: z.unknown(),
  notificationContent,
  defaultAccessLevel: level,
  accessRules,
})

/** The policy with what the PATCH gave. */
export function withExchangePolicy(now: Policy, patch: z.infer<typeof exchangePolicyPatch>): Policy {
  const { accessRules, notificationContent: html, defaultAccessLevel } = patch
  return withGiven(now, { defaultAccessLevel, exceptions: accessRules, notificationHtml: html })
}
