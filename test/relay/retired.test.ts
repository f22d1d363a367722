// The end of a relay, over a real socket: only the cloud side's own word ends it, it is written down, and then nothing is taken any more.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { newKeyPair, seal, signerFrom } from '../../protocol/signing.ts'
import { forgetRetirement, readRetirement, RetiredState, retirementText } from '../../relay/retired.ts'
import { change, cloudSigner, connectorId, read, type Cloud } from './cloud.ts'
import { newFolder, startTestRelay, type TestRelay } from './startRelay.ts'

const silentLog = pino({ level: 'silent' })
const at = '2026-11-21T08:00:00.000Z'
const by = 'fabrikam'
const text = 'replaced by connector fabrikam on 2026-11-21; join again to use this relay'

let relay: TestRelay | undefined
afterEach(async () => relay?.stop())

async function startIn(stateDir: string) {
  const retired = new RetiredState(stateDir, silentLog)
  relay = await startTestRelay({ options: { retired } })
  return { relay, retired }
}

function tell(cloud: Cloud, changes: object = {}, signer = cloudSigner): void {
  cloud.send(seal(signer, { type: 'retired', connectorId, nonce: cloud.nonce, by, at, ...changes }))
}

test('is written down, confirmed, and from then on every batch and every hello is refused as retired', async () => {
  const stateDir = newFolder()
  const started = await startIn(stateDir)
  const cloud = await started.relay.connect().hello()
  const other = await started.relay.connect().hello()
  tell(cloud)
  expect(await cloud.refusal()).toMatchObject({ batchId: null, code: 'retired', message: text })
  expect(await started.retired.done).toEqual({ connectorId, by, at })
  expect(JSON.parse(readFileSync(path.join(stateDir, 'retired.json'), 'utf8'))).toEqual({ connectorId, by, at })

  for (const open of [cloud, other]) {
    const batchId = open.batch([change('x')])
    const refusal = await open.body((body) => body.type === 'refused' && body.batchId === batchId)
    expect(refusal).toMatchObject({ code: 'retired', message: text })
  }
  const late = await started.relay.connect().hello()
  expect(await late.refusal()).toMatchObject({ code: 'retired', message: text })
  expect(await late.closed()).toBe(1008)
  expect(started.relay.journal()).toEqual([])
})

test('what runs already may end', async () => {
  const started = await startIn(newFolder())
  const cloud = await started.relay.connect().hello()
  const batchId = cloud.batch([read('rows=1 ms=50')])
  tell(cloud)
  await cloud.refusal()
  expect(await cloud.outcomes(batchId)).toMatchObject({ results: [{ ok: true }], rows: [{}] })
})

test('told twice, also at once, confirms both and keeps the first', async () => {
  const stateDir = newFolder()
  const started = await startIn(stateDir)
  const clouds = [await started.relay.connect().hello(), await started.relay.connect().hello()]
  clouds.forEach((cloud, index) => tell(cloud, { by: `successor${index}` }))
  for (const cloud of clouds) expect(await cloud.refusal()).toMatchObject({ code: 'retired', batchId: null })
  expect(await readRetirement(stateDir, connectorId)).toMatchObject({ by: started.retired.current?.by })
})

test('that cannot be written down holds, and is not confirmed: the cloud side tells it again', async () => {
  const stateDir = newFolder()
  // A folder where the file is to be
  mkdirSync(path.join(stateDir, 'retired.json'))
  const started = await startIn(stateDir)
  const cloud = await started.relay.connect().hello()
  tell(cloud)
  await started.retired.done
  const batchId = cloud.batch([change('x')])
  expect(await cloud.refusal()).toMatchObject({ code: 'retired', batchId })
})

describe('changes nothing', () => {
  const stranger = signerFrom(newKeyPair().privateKey)
  const cases: [string, string, (cloud: Cloud) => void][] = [
    ['forged', 'unknownKey', (cloud) => tell(cloud, {}, stranger)],
    ['not signed', 'malformed', (cloud) => cloud.send({ type: 'retired', connectorId, nonce: cloud.nonce, by, at })],
    [
      'changed on its way',
      'badSignature',
      (cloud) => {
        const envelope = seal(cloudSigner, { type: 'retired', connectorId, nonce: cloud.nonce, by: 'x', at })
        cloud.send({ ...envelope, body: envelope.body.replace('"by":"x"', '"by":"y"') })
      },
    ],
    ['recorded in another conversation', 'wrongConversation', (cloud) => tell(cloud, { nonce: 'n'.repeat(32) })],
    ['for another connector', 'wrongConnector', (cloud) => tell(cloud, { connectorId: 'fabrikam', by: null })],
    ['naming itself as the successor', 'malformed', (cloud) => tell(cloud, { by: connectorId })],
  ]
  test.each(cases)('%s: refused as %s, and the relay works on', async (_what, code, send) => {
    const stateDir = newFolder()
    const started = await startIn(stateDir)
    const cloud = await started.relay.connect().hello()
    send(cloud)
    expect(await cloud.refusal()).toMatchObject({ code })
    expect((await cloud.run([change('x')])).results).toMatchObject([{ ok: true }])
    expect(started.retired.current).toBeNull()
    expect(readdirSync(stateDir)).toEqual([])
  })

  test('before a hello', async () => {
    const started = await startIn(newFolder())
    const cloud = started.relay.connect()
    await cloud.opened()
    cloud.expectsChallenge = false
    tell(cloud)
    expect(await cloud.refusal()).toMatchObject({ code: 'malformed' })
    expect(started.retired.current).toBeNull()
  })
})

describe('the file', () => {
  test('holds until somebody joins the relay again', async () => {
    const stateDir = newFolder()
    expect(await readRetirement(stateDir, connectorId)).toBeNull()
    await new RetiredState(stateDir, silentLog).take({ type: 'retired', connectorId, nonce: 'n', by: null, at })
    expect(await readRetirement(stateDir, connectorId)).toEqual({ connectorId, by: null, at })
    await forgetRetirement(stateDir)
    expect(await readRetirement(stateDir, connectorId)).toBeNull()
    await forgetRetirement(stateDir)
  })

  test('of another connector says nothing of this one', async () => {
    const stateDir = newFolder()
    writeFileSync(path.join(stateDir, 'retired.json'), JSON.stringify({ connectorId: 'former', by, at }))
    expect(await readRetirement(stateDir, connectorId)).toBeNull()
  })

  test.each(['', '{}', '[1]'])('that holds %j is an error that says what to do', async (content) => {
    const stateDir = newFolder()
    writeFileSync(path.join(stateDir, 'retired.json'), content)
    await expect(readRetirement(stateDir, connectorId)).rejects.toThrow(/retired\.json holds no retirement; join/)
  })
})

test('people read who took its place, or that nobody did', () => {
  expect(retirementText({ connectorId, by, at })).toBe(text)
  const alone = 'connector contoso was retired on 2026-11-21; join again to use this relay'
  expect(retirementText({ connectorId, by: null, at })).toBe(alone)
})
