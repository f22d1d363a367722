/** The extra rules as they may be set: each with its bounds, no two of one name or of the same conditions. Pure; expressions are compiled by checkRules. */
import * as z from 'zod'
import { textProperties, type ExtraRuleSetting, type TextTest } from '../core/extraRules.ts'
import { compareVersions, osVersion } from '../core/osVersion.ts'
import { closedObject } from './body.ts'

const text = z.string().min(1).max(256)
const textTest = z.union([text, closedObject({ like: text }), closedObject({ matches: text })], {
  error:
    'must be a text of 1 to 256 characters (exactly that, case ignored), or {"like": "iPhone*"} with * and ?, or {"matches": "expression"}',
})

const version = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,9}){0,3}$/, 'must be a version such as "17.4", in quotes')
  .optional()
const versionRange = closedObject({ from: version, below: version })
  .refine(({ from, below }) => from !== undefined || below !== undefined, 'must say from, below, or both')
  .refine(
    ({ from = '0', below }) =>
      below === undefined || compareVersions(osVersion(from) ?? [], osVersion(below) ?? []) < 0,
    'from is not older than below, so that no version fits; exchange the two',
  )

const when = closedObject({
  ...Object.fromEntries(textProperties.map((property) => [property, textTest.optional()])),
  osVersion: versionRange.optional(),
  group: z.string().trim().min(1).max(128).optional(),
  /** Ten years. */
  daysWithoutSync: z.int().min(1).max(3650).optional(),
})
  .transform((given): ExtraRuleSetting['when'] => given)
  .refine((given) => Object.values(given).some((one) => one !== undefined), 'must name at least one property')

const extraRule = closedObject({
  name: z.string().trim().min(1).max(64),
  level: z.enum(['allow', 'block', 'quarantine']),
  when,
})

/** The first rule that fits decides: two of one name would be told apart by nobody, and of two with the same conditions the second never would. */
export const extraRulesPatch = z
  .array(extraRule)
  .max(100)
  .superRefine((given, context) => {
    const names = new Set<string>()
    const known = new Map<string, ExtraRuleSetting>()
    given.forEach((rule, index) => {
      const { name } = rule
      const key = conditionsText(rule)
      const first = known.get(key)
      if (names.has(name.toLowerCase())) {
        const message = `the name ${name} is given twice; give each rule its own`
        context.addIssue({ code: 'custom', path: [index, 'name'], message })
      } else if (first) context.addIssue({ code: 'custom', path: [index, 'when'], message: sameText(first, rule) })
      names.add(name.toLowerCase())
      known.set(key, first ?? rule)
    })
  })

function sameText(first: ExtraRuleSetting, { name, level }: ExtraRuleSetting): string {
  const both = `the rules "${first.name}" and "${name}" have the same conditions`
  if (first.level === level) return `${both}; keep one of the two`
  return `${both} and contradict each other (${first.level} and ${level}); keep one of the two`
}

/** Two rules with the same text fit the same records. */
function conditionsText({ when: conditions }: ExtraRuleSetting): string {
  const { osVersion: range, group, daysWithoutSync } = conditions
  const versions = [range?.from, range?.below].map((one) => one?.replace(/(\.0+)+$/, '').replace(/\b0+(?=\d)/g, ''))
  return JSON.stringify([
    textProperties.map((property) => testText(conditions[property])),
    versions,
    group?.toLowerCase(),
    daysWithoutSync,
  ])
}

/** Wildcards without one are plain text. */
function testText(test: TextTest | undefined): unknown {
  if (test === undefined) return null
  if (typeof test === 'string') return ['is', test.toLowerCase()]
  if ('matches' in test) return ['matches', test.matches]
  return [/[*?]/.test(test.like) ? 'like' : 'is', test.like.toLowerCase()]
}
