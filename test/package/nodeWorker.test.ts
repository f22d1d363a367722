// The package in Microsoft's own Node worker, over its gRPC protocol. Skipped where EASGATE_NODE_WORKER names none: the stand-in of functions.test.ts is all there is then.
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { programFile } from '../../sim/local/programFiles.ts'
import { nodes } from '../nodes.ts'
import { startNodeWorker, workerFolder, type NodeWorker } from './nodeWorker.ts'
import { packFunctions } from './packFunctions.ts'

/** The worker itself says which versions it takes; 3.9.1 knows no Node 24. */
const supported = nodes.filter(([version, node]) => node !== undefined && !version.includes('24'))

describe.skipIf(workerFolder === undefined).each(supported)(
  'in the real Node worker (EASGATE_NODE_WORKER), %s',
  (_version, node = '') => {
    let worker: NodeWorker
    const folder = workerFolder === undefined ? '' : packFunctions().folder
    const success = { status: 1 }

    beforeAll(async () => {
      const { PATH = '' } = process.env
      worker = await startNodeWorker(workerFolder ?? '', node, { PATH })
      const init = {
        hostVersion: '4.1040.0',
        capabilities: {},
        workerDirectory: workerFolder,
        functionAppDirectory: folder,
      }
      expect(await worker.ask('workerInitRequest', init, 'workerInitResponse')).toMatchObject({ result: success })
    })
    afterAll(() => worker.stop())

    test('every function is indexed, as the development host lists them, and loads; health answers', async () => {
      const asked = { functionAppDirectory: folder }
      const answer = await worker.ask('functionsMetadataRequest', asked, 'functionMetadataResponse')
      const { functionMetadataResults: found, useDefaultMetadataIndexing } = answer as {
        functionMetadataResults: { name: string; functionId: string; bindings: Record<string, { type: string }> }[]
        useDefaultMetadataIndexing: boolean
      }
      expect(useDefaultMetadataIndexing).toBe(false)
      const args = [programFile('sim/host/main.js'), '--app', path.join(folder, 'app.js'), '--list']
      const listed = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as { name: string }[]
      expect(found.map(({ name }) => name).toSorted()).toEqual(listed.map(({ name }) => name).toSorted())

      for (const metadata of found) {
        const load = { functionId: metadata.functionId, metadata }
        const loaded = await worker.ask('functionLoadRequest', load, 'functionLoadResponse')
        expect(loaded).toMatchObject({ result: success })
      }
      const health = found.find(({ name }) => name === 'health')
      const trigger = Object.entries(health?.bindings ?? {}).find(([, { type }]) => type === 'httpTrigger')?.[0]
      const http = { method: 'GET', url: 'https://easgate.example/health', headers: {}, params: {}, query: {} }
      const invocation = {
        invocationId: 'one',
        functionId: health?.functionId,
        inputData: [{ name: trigger, data: { http } }],
        triggerMetadata: {},
      }
      const { result, returnValue } = await worker.ask('invocationRequest', invocation, 'invocationResponse')
      expect(result).toMatchObject(success)
      const { statusCode, body } = (returnValue as { http: { statusCode: string; body: { bytes: Uint8Array } } }).http
      expect([statusCode, JSON.parse(Buffer.from(body.bytes).toString())]).toEqual(['503', { status: 'notConfigured' }])
    })
  },
)
