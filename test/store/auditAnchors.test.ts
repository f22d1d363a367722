/** The audit's heads on a real Azurite; that its retention policy keeps them is the service's part. */
import { createDefaultHttpClient, createPipelineFromOptions, createPipelineRequest } from '@azure/core-rest-pipeline'
import { storageSharedKeyCredentialPolicy } from '@azure/storage-common'
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditAnchor } from '../../functions/core/audit.ts'
import { auditAnchors } from '../../functions/store/auditAnchors.ts'
import { azuriteAccount, azuriteKey, startAzurite, type Azurite } from '../azurite.ts'

let azurite: Azurite
const login = { accountName: azuriteAccount, accountKey: azuriteKey }
const head: AuditAnchor = {
  easgateAnchor: 1,
  connectorId: 'contoso',
  seq: 7,
  hash: 'a'.repeat(64),
  at: '2026-11-22T00:07:00.000Z',
}

beforeAll(async () => {
  azurite = await startAzurite()
  expect(await send('PUT', 'anchors?restype=container')).toMatchObject({ status: 201 })
})
afterAll(() => azurite.close())

function anchorsIn(container: string) {
  return auditAnchors({ container: `${azurite.blobUrl}/${container}`, login, retryDelayMs: 1 })
}

async function send(method: 'GET' | 'PUT', path: string) {
  const pipeline = createPipelineFromOptions({})
  pipeline.addPolicy(storageSharedKeyCredentialPolicy({ ...login, accountKey: Buffer.from(azuriteKey, 'base64') }))
  const request = createPipelineRequest({ url: `${azurite.blobUrl}/${path}`, method, allowInsecureConnection: true })
  request.headers.set('x-ms-version', '2024-11-04')
  request.headers.set('content-length', '0')
  return pipeline.sendRequest(createDefaultHttpClient(), request)
}

test('the first head of a day stays, for each connector', async () => {
  const anchors = anchorsIn('anchors')
  const later = { ...head, seq: 9, at: '2026-11-22T01:07:00.000Z' }
  const nextDay = { ...head, seq: 11, at: '2026-11-23T00:07:00.000Z' }
  expect(await anchors.keep(head)).toBe(true)
  expect(await anchors.keep(head)).toBe(false)
  expect(await anchors.keep(later)).toBe(false)
  expect(await anchors.keep({ ...later, connectorId: 'fabrikam' })).toBe(true)
  expect(await anchors.keep(nextDay)).toBe(true)
  const stored = async (name: string): Promise<unknown> =>
    JSON.parse((await send('GET', `anchors/${name}`)).bodyAsText ?? '')
  expect(await stored('contoso/2026-11-22.json')).toEqual(head)
  expect(await stored('contoso/2026-11-23.json')).toEqual(nextDay)
  expect(await stored('fabrikam/2026-11-22.json')).toEqual({ ...later, connectorId: 'fabrikam' })
})

test('a container that is not there is named with the remedy, and it is worth trying again', async () => {
  await expect(anchorsIn('nowhere').keep(head)).rejects.toMatchObject({
    code: 'storeFailed',
    retryable: true,
    message: `cannot keep the audit's head of connector contoso in ${azurite.blobUrl}/nowhere: status 404, ContainerNotFound. Make the container, with a time-based retention policy.`,
  })
})

test('a key that is not right is refused without being shown', async () => {
  const accountKey = Buffer.from('another key').toString('base64')
  const anchors = auditAnchors({ container: `${azurite.blobUrl}/anchors`, login: { ...login, accountKey } })
  const failure = await anchors.keep(head).catch((thrown: unknown) => thrown)
  expect(failure).toMatchObject({ code: 'storeFailed', message: expect.stringContaining('status 403') })
  expect(failure).toMatchObject({ message: expect.stringContaining('Storage Blob Data Contributor') })
  expect(inspect(failure, { depth: 9 })).not.toContain(accountKey)
})

test('nobody there is an error that is worth trying again', async () => {
  const anchors = auditAnchors({ container: 'http://127.0.0.1:1/a/anchors', login, retryDelayMs: 1 })
  await expect(anchors.keep(head)).rejects.toMatchObject({ code: 'storeFailed', retryable: true })
})
