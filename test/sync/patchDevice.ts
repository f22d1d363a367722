import type { FakeSystem } from './fakeSystem.ts'

/** Changes one Intune device of the fake directory; `part` is in Graph's words. */
export function patchDevice({ directory }: FakeSystem, id: string, part: object): void {
  const { world } = directory
  const managedDevices = (world.managedDevices ?? []).map((one) => (one.id === id ? { ...one, ...part } : one))
  directory.world = { ...world, managedDevices }
}
