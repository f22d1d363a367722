import { describe } from 'vitest'
import type { GraphObject } from '../../sim/graph/world.ts'
import { directoryFake } from '../fakes/directoryFake.ts'
import { directoryContract } from './directory.ts'
import { changesContract } from './directoryChanges.ts'

directoryContract('the fake', async (world, pageSize) => ({
  directory: directoryFake(world, pageSize),
  close: async () => {},
}))

describe('changes through the fake', () => {
  changesContract(async (world) => {
    const directory = directoryFake(world)
    const merge = (objects: readonly GraphObject[] = [], patches: readonly GraphObject[] = []) => {
      const all = new Map(objects.map((object) => [object.id, object]))
      for (const patch of patches) all.set(patch.id, { ...all.get(patch.id), ...patch })
      return [...all.values()]
    }
    const names = ['users', 'groups', 'devices', 'managedDevices'] as const
    return {
      directory,
      patch: (patch) => {
        const merged = names.map((name) => [name, merge(directory.world[name], patch[name])])
        directory.world = Object.fromEntries(merged) as typeof world
      },
      remove: (removal) => {
        const left = names.map((name) => [
          name,
          directory.world[name]?.filter(({ id }) => !removal[name]?.includes(id)),
        ])
        directory.world = Object.fromEntries(left) as typeof world
      },
      close: async () => {},
    }
  })
})
