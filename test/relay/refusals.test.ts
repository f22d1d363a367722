// Every refusal, over a real socket: typed, signed, numbered, and nothing of what was refused is executed.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { limits } from '../../protocol/messages.ts'
import { refusalCodes, type RefusalCode } from '../../protocol/refusal.ts'
import { newKeyPair, seal, signerFrom } from '../../protocol/signing.ts'
import { change, cloudSigner, connectorId, read, type Cloud } from './cloud.ts'
import { startTestRelay, type TestRelay } from './startRelay.ts'

let relay: TestRelay
beforeEach(async () => {
  relay = await startTestRelay()
})
afterEach(async () => relay.stop())

const stranger = signerFrom(newKeyPair().privateKey)
const minutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString()
const command = (cmdlet: string, parameters: object = {}) => ({ ...change('x'), cmdlet, parameters: { ...parameters } })

type Row = readonly [what: string, code: RefusalCode, send: (cloud: Cloud) => unknown]
const refusedBatches: readonly Row[] = [
  ['a frame that is no JSON', 'malformed', (cloud) => cloud.send('hello?')],
  ['a binary frame', 'malformed', (cloud) => cloud.socket.send(Buffer.from('{}'))],
  ['a message of unknown type', 'malformed', (cloud) => cloud.send({ type: 'reboot' })],
  ['a credit of nothing', 'malformed', (cloud) => cloud.send({ type: 'credit', rows: 0 })],
  ['a batch without commands', 'malformed', (cloud) => cloud.batch([])],
  ['reads and changes in one batch', 'malformed', (cloud) => cloud.batch([read('x'), change('x')])],
  [
    'two commands with one id',
    'malformed',
    (cloud) =>
      cloud.batch([
        { ...change('x'), id: '1' },
        { ...change('y'), id: '1' },
      ]),
  ],
  ['a batch that lives an hour', 'malformed', (cloud) => cloud.batch([change('x')], { expiresAt: minutes(60) })],
  ['a frame above the limit', 'oversized', (cloud) => cloud.send('x'.repeat(limits.frameBytes + 1))],
  ['a long credit', 'oversized', (cloud) => cloud.send({ type: 'credit', rows: 1, x: 'x'.repeat(5_000) })],
  ['501 commands', 'oversized', (cloud) => cloud.batch(Array.from({ length: 501 }, () => change('x')))],
  ['a batch outside an envelope', 'unsigned', (cloud) => cloud.send({ type: 'batch', commands: [change('x')] })],
  ['a batch signed by a stranger', 'unknownKey', (cloud) => cloud.batch([change('x')], {}, stranger)],
  [
    'a batch changed on its way',
    'badSignature',
    (cloud) => {
      const body = {
        type: 'batch',
        connectorId,
        nonce: cloud.nonce,
        batchId: 'b',
        issuedAt: minutes(0),
        expiresAt: minutes(1),
      }
      const envelope = seal(cloudSigner, { ...body, commands: [change('x')] })
      cloud.send({ ...envelope, body: envelope.body.replace('"Add":["X"]', '"Add":["Y"]') })
    },
  ],
  [
    'a batch for another connector',
    'wrongConnector',
    (cloud) => cloud.batch([change('x')], { connectorId: 'fabrikam' }),
  ],
  [
    'a batch of another conversation',
    'wrongConversation',
    (cloud) => cloud.batch([change('x')], { nonce: 'n'.repeat(32) }),
  ],
  ['an old batch', 'expired', (cloud) => cloud.batch([change('x')], { issuedAt: minutes(-5), expiresAt: minutes(-1) })],
  [
    'a batch from the future',
    'expired',
    (cloud) => cloud.batch([change('x')], { issuedAt: minutes(9), expiresAt: minutes(10) }),
  ],
  [
    'a cmdlet that is not on the list',
    'unknownCmdlet',
    (cloud) => cloud.batch([command('Remove-Mailbox', { Identity: 'x' })]),
  ],
  ['a cmdlet by the name of an object property', 'unknownCmdlet', (cloud) => cloud.batch([command('constructor')])],
  [
    'a parameter that is not on the list',
    'unknownParameter',
    (cloud) => cloud.batch([command('Set-CASMailbox', { Identity: 'x', OWAEnabled: false })]),
  ],
  [
    'a plain list instead of an edit',
    'wrongType',
    (cloud) => cloud.batch([command('Set-CASMailbox', { Identity: 'x', ActiveSyncAllowedDeviceIDs: ['a'] })]),
  ],
  ['an empty identity', 'wrongType', (cloud) => cloud.batch([command('Set-CASMailbox', { Identity: ' ' })])],
  ['a wipe', 'notAllowed', (cloud) => cloud.batch([command('Clear-MobileDevice', { Identity: 'x' })])],
  ['a removal', 'notAllowed', (cloud) => cloud.batch([command('Remove-MobileDevice', { Identity: 'x' })])],
]

test.each(refusedBatches)('%s is refused as %s, and the conversation goes on', async (_what, code, send) => {
  const cloud = await relay.connect().hello()
  send(cloud)
  expect(await cloud.refusal()).toMatchObject({ type: 'refused', code })
  const { results } = await cloud.run([read('rows=1')])
  expect(results).toMatchObject([{ ok: true }])
  expect(relay.journal()).toEqual(['Get-MobileDevice rows=1'])
})

const refusedHellos: readonly (readonly [what: string, code: RefusalCode, hello: object])[] = [
  ['another version', 'unsupportedVersion', { version: 2 }],
  ['another connector', 'wrongConnector', { connectorId: 'fabrikam' }],
  ['no credit', 'malformed', { rowCredit: 0 }],
]
test.each(refusedHellos)(
  'a hello with %s is refused as %s, and the conversation closed with 1008',
  async (_what, code, hello) => {
    const cloud = await relay.connect().hello(hello)
    expect(await cloud.refusal()).toMatchObject({ code, challenge: cloud.challenge, batchId: null })
    expect(await cloud.closed()).toBe(1008)
  },
)

test('a second hello, and a batch before the hello, close the conversation', async () => {
  const twice = await relay.connect().hello()
  twice.send({ type: 'hello', version: 1, connectorId, challenge: twice.challenge, rowCredit: 1 })
  expect(await twice.refusal()).toMatchObject({ code: 'malformed', message: expect.stringContaining('second hello') })
  expect(await twice.closed()).toBe(1008)

  const early = relay.connect()
  await early.opened()
  early.expectsChallenge = false
  early.batch([change('x')])
  expect(await early.refusal()).toMatchObject({ code: 'malformed', message: expect.stringContaining('must be hello') })
  expect(await early.closed()).toBe(1008)
  expect(relay.journal()).toEqual([])
})

test('a batch id that is used for other commands is refused as replayed', async () => {
  const cloud = await relay.connect().hello()
  await cloud.run([change('first')], { batchId: 'b1' })
  cloud.batch([change('second')], { batchId: 'b1' })
  expect(await cloud.refusal()).toMatchObject({ code: 'replayed', batchId: 'b1' })
  expect(relay.journal()).toHaveLength(1)
})

test('a refusal names the batch that is meant', async () => {
  const cloud = await relay.connect().hello()
  const batchId = cloud.batch([command('Remove-Mailbox')])
  expect(await cloud.refusal()).toMatchObject({ batchId, message: expect.stringContaining('Remove-Mailbox') })
})

test('who sends nothing but rubbish is closed after sixteen frames', async () => {
  const cloud = await relay.connect().hello()
  for (let frame = 0; frame < 16; frame += 1) cloud.send('rubbish')
  expect(await cloud.closed()).toBe(1008)
})

test('this file and those on bounds and on retirement show every code', () => {
  const here = [...refusedBatches.map(([, code]) => code), ...refusedHellos.map(([, code]) => code), 'replayed']
  const elsewhere = ['busy', 'retired']
  expect(refusalCodes.filter((code) => ![...here, ...elsewhere].includes(code))).toEqual([])
})
