import { graphDirectory } from '../../functions/graph/graphDirectory.ts'
import { startGraph } from '../../sim/graph/startGraph.ts'
import { directoryContract } from './directory.ts'

const log = { info() {}, warn() {}, error() {} }

directoryContract('the adapter with a simulated Graph', async (world, pageSize) => {
  const graph = await startGraph({ world })
  return { directory: graphDirectory({ endpoint: graph.url, credential: null, pageSize, log }), close: graph.close }
})
