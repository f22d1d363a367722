import { directoryFake } from '../fakes/directoryFake.ts'
import { directoryContract } from './directory.ts'

directoryContract('the fake', async (world, pageSize) => ({
  directory: directoryFake(world, pageSize),
  close: async () => {},
}))
