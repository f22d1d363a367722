// Each rule of host.json with its reason: what Microsoft's host is told, and what the code relies on.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { claimMs, maxDeliveries } from '../../functions/sync/runStep.ts'
import { leaseMs } from '../../functions/sync/steps/takeLease.ts'
import { parseTimeSpan } from '../../sim/host/hostJson.ts'

const host = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../host.json'), 'utf8')) as {
  readonly version: string
  readonly functionTimeout: string
  readonly logging: {
    readonly logLevel: Readonly<Record<string, string>>
    readonly applicationInsights: {
      readonly samplingSettings: { readonly isEnabled: boolean; readonly excludedTypes: string }
    }
  }
  readonly extensions: { readonly http: object; readonly queues: Readonly<Record<string, string | number>> }
  readonly extensionBundle: object
}
const { queues, http } = host.extensions
const msOf = (text: unknown) => parseTimeSpan(String(text)) ?? Number.NaN

describe('queues', () => {
  test('messages are base64: stepQueue.ts writes them so, and a producer that does not goes to the poison queue', () => {
    expect(queues['messageEncoding']).toBe('base64')
  })
  test('five deliveries, as runStep.ts counts them: at the last one the reason goes on the run', () => {
    expect(queues['maxDequeueCount']).toBe(maxDeliveries)
  })
  test('a failed message comes again after 5 s: longer than a lost race, and all five within a minute', () => {
    expect(msOf(queues['visibilityTimeout'])).toBe(5_000)
  })
  test('at most 12 messages at once in a process: memory is measured for one large gathering beside small steps', () => {
    const [batch = 0, threshold = 0] = [queues['batchSize'], queues['newBatchThreshold']].map(Number)
    expect(batch + threshold).toBeLessThanOrEqual(12)
    expect(threshold).toBeLessThan(batch)
  })
  test('an empty queue is looked at every second: a run is many short messages, each would wait for the next look', () => {
    expect(msOf(queues['maxPollingInterval'])).toBe(1_000)
  })
  test('there is no other setting, so a typing error is none', () => {
    expect(Object.keys(queues).toSorted()).toEqual([
      'batchSize',
      'maxDequeueCount',
      'maxPollingInterval',
      'messageEncoding',
      'newBatchThreshold',
      'visibilityTimeout',
    ])
  })
})

describe('time', () => {
  test('the host ends a function before another message may take over its claim, and before the lease ends', () => {
    expect(msOf(host.functionTimeout)).toBeLessThan(claimMs)
    expect(msOf(host.functionTimeout)).toBeLessThan(leaseMs)
  })
  test('a function has longer than an HTTP answer may take (230 s) and than the two minutes of a step', () => {
    expect(msOf(host.functionTimeout)).toBeGreaterThan(230_000)
  })
})

describe('telemetry', () => {
  /** The level of a category, as the host looks it up: the longest name that it begins with. */
  const levelOf = (category: string) => {
    const names = Object.keys(host.logging.logLevel).filter(
      (name) => category === name || category.startsWith(`${name}.`),
    )
    const longest = names.toSorted((a, b) => b.length - a.length)[0] ?? 'default'
    return host.logging.logLevel[longest]
  }
  test.each(['Function.runStep.User', 'Function.quickSync.User', 'Function.health.User'])(
    'our own lines pass from information on: %s',
    (category) => expect(levelOf(category)).toBe('Information'),
  )
  test('each invocation is a row of AppRequests', () => {
    expect(levelOf('Host.Results')).toBe('Information')
  })
  test('what the host says of itself passes from warning on: at information it costs more than all of ours', () => {
    for (const category of ['Host.Triggers.Queues', 'Host.Aggregator', 'Azure.Core', 'Microsoft.AspNetCore'])
      expect(levelOf(category)).toBe('Warning')
  })
  test('sampling takes only dependencies: never a line of ours, a request, an exception or an event', () => {
    const { isEnabled, excludedTypes } = host.logging.applicationInsights.samplingSettings
    expect(isEnabled).toBe(true)
    expect(excludedTypes.split(';').toSorted()).toEqual(['Event', 'Exception', 'Request', 'Trace'])
  })
})

test('routes have no prefix: they begin as Graph’s do', () => {
  expect(http).toEqual({ routePrefix: '' })
})

test('host version 2.0 with the extension bundle 4, which has the queue extension; 5 is not there yet', () => {
  expect([host.version, host.extensionBundle]).toEqual([
    '2.0',
    { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '[4.*, 5.0.0)' },
  ])
})
