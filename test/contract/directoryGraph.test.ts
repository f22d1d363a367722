import { describe } from 'vitest'
import { graphDirectory } from '../../functions/graph/graphDirectory.ts'
import { startGraph } from '../../sim/graph/startGraph.ts'
import { directoryContract } from './directory.ts'
import { changesContract } from './directoryChanges.ts'

const log = { info() {}, warn() {}, error() {} }

directoryContract('the adapter with a simulated Graph', async (world, pageSize) => {
  const graph = await startGraph({ world })
  return { directory: graphDirectory({ endpoint: graph.url, credential: null, pageSize, log }), close: graph.close }
})

describe('changes through the adapter with a simulated Graph', () => {
  changesContract(async (world) => {
    const graph = await startGraph({ world, deltaPage: 2, membersInItem: 1 })
    const { patch, remove, close } = graph
    return { directory: graphDirectory({ endpoint: graph.url, credential: null, log }), patch, remove, close }
  })
})
