/** The scenario file: a world and the steps to take in it. What is not part of the format is an error that names it. */
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { exchangePatch, exchangeRemoval, exchangeWorld } from '../exchange/world.ts'
import { graphPatchSchema, graphRemovalSchema, graphWorldSchema } from '../graph/world.ts'

/** The policy's two resources are Graph's; the product's own API checks what is in them, as it would for any administrator. */
const policy = z.strictObject({
  conditionalAccessSettings: z.record(z.string(), z.unknown()).optional(),
  exchangeOnPremisesPolicy: z.record(z.string(), z.unknown()).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
})
export type ScenarioPolicy = z.infer<typeof policy>

const step = z
  .strictObject({
    sync: z.enum(['full', 'quick']).optional(),
    approve: z.boolean().optional(),
    dryRun: z.boolean().optional(),
    patch: z
      .strictObject({
        exchange: exchangePatch.optional(),
        graph: graphPatchSchema.optional(),
        policy: policy.optional(),
      })
      .optional(),
    remove: z.strictObject({ exchange: exchangeRemoval.optional(), graph: graphRemovalSchema.optional() }).optional(),
  })
  .refine(({ sync, patch, remove }) => sync ?? patch ?? remove, 'a step needs sync, patch or remove')
  .refine(
    ({ sync, approve, dryRun }) => sync || (approve === undefined && dryRun === undefined),
    'approve and dryRun belong to a sync',
  )
export type ScenarioStep = z.infer<typeof step>

const scenario = z.strictObject({
  world: z.strictObject({ exchange: exchangeWorld, graph: graphWorldSchema.prefault({}), policy: policy.prefault({}) }),
  steps: z.array(step).optional(),
})
export type Scenario = z.infer<typeof scenario> & { readonly steps: readonly ScenarioStep[] }

/** No steps: one approved full sync. Throws an Error that names the file and every problem in it. */
export function readScenario(file: string): Scenario {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  const parsed = scenario.safeParse(content)
  if (!parsed.success) throw new Error(`${file} is no scenario:\n${z.prettifyError(parsed.error)}`)
  return { ...parsed.data, steps: parsed.data.steps ?? [{ sync: 'full', approve: true }] }
}
