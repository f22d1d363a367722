/** Reading host.json; and what the repository's own one says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseTimeSpan, readHostJson } from '../../../sim/host/hostJson.ts'

const folder = mkdtempSync(join(tmpdir(), 'easgate-host-json-'))
afterAll(() => rmSync(folder, { recursive: true }))

function read(text: string): ReturnType<typeof readHostJson> {
  const path = join(folder, 'host.json')
  writeFileSync(path, text)
  return readHostJson(path)
}

test("what is left out has Azure's defaults", () => {
  expect(read('{"version":"2.0"}')).toEqual({
    routePrefix: 'api',
    functionTimeoutMs: 1_800_000,
    queues: {
      messageEncoding: 'base64',
      batchSize: 16,
      newBatchThreshold: 8,
      maxDequeueCount: 5,
      retryDelayMs: 0,
      maxPollingIntervalMs: 60_000,
    },
  })
})

test("easgate's host.json: no prefix, base64, five dequeues, ten minutes", () => {
  expect(readHostJson(resolve(import.meta.dirname, '../../../host.json'))).toEqual({
    routePrefix: '',
    functionTimeoutMs: 600_000,
    queues: {
      messageEncoding: 'base64',
      batchSize: 8,
      newBatchThreshold: 4,
      maxDequeueCount: 5,
      retryDelayMs: 5000,
      maxPollingIntervalMs: 1000,
    },
  })
})

describe('refuses', () => {
  test.each([
    ['not json', 'is not JSON'],
    ['{}', 'version'],
    ['{"version":"1.0"}', 'version'],
    ['{"version":"2.0","functionTimeout":"10"}', 'hh:mm:ss'],
    ['{"version":"2.0","extensions":{"queues":{"batchSize":33}}}', 'batchSize'],
    ['{"version":"2.0","extensions":{"queues":{"messageEncoding":"utf8"}}}', 'messageEncoding'],
  ])('%s', (text, reason) => {
    expect(() => read(text)).toThrow(reason)
  })
})

test.each([
  ['00:00:05', 5000],
  ['00:10:00', 600_000],
  ['1.02:03:04', 93_784_000],
  ['24:00:00', undefined],
  ['00:60:00', undefined],
  ['5', undefined],
  ['-1', undefined],
])('the time span %s is %s ms', (text, ms) => {
  expect(parseTimeSpan(text)).toBe(ms)
})
