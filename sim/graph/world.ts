/** The world of the simulated Graph: what a scenario's `world.graph` may hold. Objects are open: any v1.0 property, only `id` is needed. */
import { readFileSync } from 'node:fs'
import * as z from 'zod'

const graphObject = z.looseObject({ id: z.string().min(1) })
const group = graphObject.extend({ members: z.array(z.string().min(1)).nullish() })

/** All collections may be left out; sign-ins stand in the log in their order. Ids are unique in their collection, case ignored. */
export const graphWorldSchema = z.strictObject({
  users: z.array(graphObject).superRefine(unique).optional(),
  groups: z.array(group).superRefine(unique).optional(),
  devices: z.array(graphObject).superRefine(unique).optional(),
  managedDevices: z.array(graphObject).superRefine(unique).optional(),
  signIns: z.array(graphObject).superRefine(unique).optional(),
})

/** A part of a world that is merged in by id; ids that are new are added. */
export const graphPatchSchema = z.strictObject(graphWorldSchema.shape)

const ids = z.array(z.string().min(1))

/** Ids that go away. `permanent`: past the recycle bin, so that groups lose the member in their delta too. */
export const graphRemovalSchema = z.strictObject({
  users: ids.optional(),
  groups: ids.optional(),
  devices: ids.optional(),
  managedDevices: ids.optional(),
  permanent: z.boolean().optional(),
})

export type GraphObject = z.infer<typeof graphObject>
export type GraphWorld = z.infer<typeof graphWorldSchema>
export type GraphPatch = z.infer<typeof graphPatchSchema>
export type GraphRemoval = z.infer<typeof graphRemovalSchema>
export type CollectionName = 'users' | 'groups' | 'devices' | 'managedDevices'

export const collectionNames: readonly CollectionName[] = ['users', 'groups', 'devices', 'managedDevices']

/** The world of a file: a whole scenario, its `world`, or only the part of Graph. Throws an Error that names the file and what is wrong. */
export function readWorld(file: string): GraphWorld {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const parsed = graphWorldSchema.safeParse(graphPart(content))
  if (!parsed.success) throw new Error(`${file} is no Graph world:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

function graphPart(content: unknown): unknown {
  const scenario = z.looseObject({ world: z.unknown() }).safeParse(content)
  if (scenario.success && scenario.data.world !== undefined) return graphPart(scenario.data.world)
  const world = z.looseObject({ graph: z.unknown() }).safeParse(content)
  if (world.success && world.data.graph !== undefined) return world.data.graph
  const other = z.looseObject({ exchange: z.unknown() }).safeParse(content)
  return other.success && other.data.exchange !== undefined ? {} : content
}

function unique(objects: readonly { readonly id: string }[], context: z.RefinementCtx): void {
  const seen = new Set<string>()
  for (const [index, { id }] of objects.entries()) {
    if (seen.has(id.toLowerCase()))
      context.addIssue({ code: 'custom', path: [index, 'id'], message: `${id} comes twice` })
    seen.add(id.toLowerCase())
  }
}
