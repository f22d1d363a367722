import { expect, test } from 'vitest'
import { signInProof } from '../../functions/graph/signInProof.ts'
import type { GraphObject } from '../../sim/graph/world.ts'
import { ask } from '../sim/graph/ask.ts'
import { withGraph } from './openGraph.ts'

const user = '00000000-0000-4000-8000-100000000001'
const requestId = '01020304-0506-0708-090a-0b0c0d0e0f10'
/** The same 16 bytes as .NET orders them. */
const uti = Buffer.from('0403020106050807090a0b0c0d0e0f10', 'hex').toString('base64url')
const deviceId = '5F0B0000-0000-4000-8000-000000000001'
const startMs = Date.parse('2026-11-21T08:00:00Z')

const entry = (given: Partial<GraphObject> = {}): GraphObject => ({
  id: requestId,
  userId: user,
  createdDateTime: '2026-11-21T07:59:00Z',
  status: { errorCode: 0 },
  deviceDetail: { deviceId },
  ...given,
})

const found = { kind: 'device', by: 'signInLog', azureAdDeviceId: deviceId.toLowerCase() }
const none = { kind: 'none', by: 'signInLog', isLate: false }
const late = { ...none, isLate: true }

/** Time passes only by waiting; `arrive` runs at each wait. */
async function prove(
  signIns: readonly GraphObject[],
  claims: Record<string, string> = { uti },
  arrive?: (waits: number, graph: { patch(entries: readonly GraphObject[]): void }) => void,
) {
  let proof: unknown
  let waits = 0
  await withGraph({ world: { signIns: [...signIns] } }, async ({ graph }) => {
    let nowMs = startMs
    const prover = signInProof({
      endpoint: graph.url,
      credential: null,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      now: () => nowMs,
      wait: async (ms) => {
        nowMs += ms
        waits += 1
        arrive?.(waits, { patch: (entries) => graph.patch({ signIns: [...entries] }) })
      },
    })
    proof = await prover({ userId: user, claims: new Map(Object.entries(claims)) })
  })
  return { proof, waits }
}

test.each([
  ['by the request id that the token’s identifier stands for', entry(), found],
  ['by the token’s identifier itself', entry({ id: 'x', uniqueTokenIdentifier: uti }), found],
  ['from a device that Entra does not know', entry({ deviceDetail: { deviceId: '' } }), none],
  ['without a word of the device', entry({ deviceDetail: null }), none],
])('the entry of this very sign-in is found %s', async (_, one, expected) => {
  const others = [
    entry({
      id: 'other',
      createdDateTime: '2026-11-21T07:59:30Z',
      deviceDetail: { deviceId: deviceId.replace('1', '2') },
    }),
  ]
  expect(await prove([...others, one])).toEqual({ proof: expected, waits: 0 })
})

test.each([
  ['another sign-in of this person', entry({ id: 'other' })],
  ['a sign-in of somebody else', entry({ userId: user.replace('1', '2') })],
  ['one that failed', entry({ status: { errorCode: 50_126 } })],
  ['one of last week', entry({ createdDateTime: '2026-11-14T07:59:00Z' })],
])('%s proves nothing, and the log is looked at again for a while', async (_, one) => {
  expect(await prove([one])).toEqual({ proof: late, waits: 6 })
})

test('an entry that comes late is found', async () => {
  const got = await prove([], { uti }, (waits, graph) => waits === 2 && graph.patch([entry()]))
  expect(got).toEqual({ proof: found, waits: 2 })
})

test('without the token’s identifier nothing is asked', async () => {
  expect(await prove([entry()], {})).toEqual({ proof: none, waits: 0 })
})

test.each([429, 503])(
  'a log that gives no answer now (%i) is asked again by the person, not hammered',
  async (status) => {
    await withGraph({ world: { signIns: [entry()] } }, async ({ graph }) => {
      graph.faults.order({ fault: 'status', status, retryAfter: 60 })
      const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
      const prover = signInProof({ endpoint: graph.url, credential: null, log, now: () => startMs })
      const signIn = { userId: user, claims: new Map([['uti', uti]]) }
      expect(await prover(signIn)).toEqual(late)
      expect(graph.requests().total).toBe(1)
      expect(await prover(signIn)).toEqual(found)
    })
  },
)

test('a missing permission is named', async () => {
  await withGraph({ world: {}, requireToken: 'other' }, async ({ graph }) => {
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
    const prover = signInProof({ endpoint: graph.url, credential: null, log })
    const proof = prover({ userId: user, claims: new Map([['uti', uti]]) })
    await expect(proof).rejects.toMatchObject({ code: 'graphDenied' })
  })
})

test('the simulated log filters by user and time, newest first, and refuses what it does not know', async () => {
  const signIns = [
    entry({ id: 'a', createdDateTime: '2026-11-20T00:00:00Z' }),
    entry({ id: 'b' }),
    entry({ id: 'c', userId: 'x' }),
  ]
  await withGraph({ world: { signIns } }, async ({ graph }) => {
    const of = async (query: string) => {
      const { status, body } = await ask(graph, `auditLogs/signIns?${query}`)
      return status === 200 ? (body as { value: { id: string }[] }).value.map(({ id }) => id) : status
    }
    expect(await of('')).toEqual(['b', 'c', 'a'])
    expect(await of(`$filter=userId eq '${user}'`)).toEqual(['b', 'a'])
    expect(await of(`$filter=userId eq '${user}' and createdDateTime ge 2026-11-21T00:00:00Z`)).toEqual(['b'])
    expect(await of('$top=1')).toEqual(['b'])
    expect(await of("$filter=appId eq 'x'")).toBe(400)
  })
})
