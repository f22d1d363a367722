import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { StatusKeeper, type StatusSources } from '../../relay/relayStatus.ts'
import { readStatus, relayStatus, statusFileName, writeStatus, type RelayStatus } from '../../relay/statusFile.ts'
import { ex1, ex3, settled, startExchangeSide, until, type TestSide } from './startExchangeSide.ts'
import { newFolder } from './startRelay.ts'

const listener = { connected: 1, channels: 2, since: Date.parse('2026-11-21T12:00:00Z'), conversations: 0 }

function keep({ side, stateDir, log }: TestSide, changes: Partial<StatusSources> = {}): StatusKeeper {
  const sources: StatusSources = {
    version: '1.2.3',
    connectorId: 'contoso',
    fingerprint: 'SHA256:abc',
    configuredServer: ex1,
    hasMail: true,
    exchange: side,
    listener: () => listener,
    conversations: () => 2,
    lastBatchMs: () => Date.parse('2026-11-21T12:01:00Z'),
    ...changes,
  }
  const keeper = new StatusKeeper(stateDir, sources, { log, now: Date.now })
  side.onChange = () => keeper.touch()
  onTestFinished(async () => keeper.close())
  return keeper
}

async function statusUntil(stateDir: string, fits: (status: RelayStatus) => boolean): Promise<RelayStatus> {
  let status: RelayStatus | null = null
  for (;;) {
    status = await readStatus(stateDir)
    if (status && fits(status)) return status
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('the file says how the relay is: cloud, Exchange, rights, work', async () => {
  const relay = await startExchangeSide({ more: { hidden: { cmdlets: ['Get-Recipient'] } } })
  const keeper = keep(relay)
  await settled(relay)
  keeper.touch('running')
  const status = await statusUntil(
    relay.stateDir,
    ({ state, permissions }) => state === 'running' && permissions !== null,
  )
  expect(status).toEqual({
    format: 1,
    updatedAt: expect.any(String),
    pid: process.pid,
    state: 'running',
    version: '1.2.3',
    connectorId: 'contoso',
    fingerprint: 'SHA256:abc',
    startedAt: expect.any(String),
    cloud: { connected: 1, channels: 2, since: '2026-11-21T12:00:00.000Z', lastError: null },
    exchange: {
      isOpen: true,
      server: ex1,
      since: expect.any(String),
      reason: 'it is the configured server',
      configuredServer: ex1,
      standIns: [ex3, 'ex2.contoso.com'],
      organization: 'Contoso',
      dialect: 'MobileDevice',
      lastFailure: null,
    },
    permissions: {
      checkedAt: expect.any(String),
      missing: [
        {
          cmdlet: 'Get-Recipient',
          missing: 'cmdlet',
          role: 'Mail Recipients',
          consequence: expect.stringContaining('linked'),
          severity: 'needed',
        },
      ],
    },
    conversations: 2,
    lastBatchAt: '2026-11-21T12:01:00.000Z',
    hasMail: true,
  })
})

test('a failover is in the file soon after', async () => {
  const relay = await startExchangeSide({ parallel: 1 })
  keep(relay)
  await settled(relay)
  await relay.faults({ unreachable: [ex1] })
  await relay.run('New-ActiveSyncDeviceAccessRule', {
    QueryString: 'a',
    Characteristic: 'DeviceType',
    AccessLevel: 'Allow',
  })
  await relay.run('Get-CASMailbox', { ResultSize: 1 })
  const { exchange } = await statusUntil(relay.stateDir, (status) => status.exchange.server === ex3)
  expect(exchange).toMatchObject({
    configuredServer: ex1,
    reason: expect.stringContaining(`${ex1} failed`),
    isOpen: true,
  })
})

test('while no server answers the file says why', async () => {
  const relay = await startExchangeSide({ connection: { server: 'nobody.contoso.com' }, waits: false })
  await relay.faults({ unreachable: ['*'] })
  keep(relay, { listener: () => undefined, lastBatchMs: () => undefined })
  const status = await statusUntil(relay.stateDir, ({ exchange }) => exchange.lastFailure !== null)
  expect(status).toMatchObject({
    cloud: null,
    lastBatchAt: null,
    permissions: null,
    exchange: { isOpen: false, server: null, lastFailure: { category: 'sessionBroken' } },
  })
})

test('at its end it says stopped, and no half file stays beside it', async () => {
  const relay = await startExchangeSide()
  const keeper = keep(relay)
  keeper.touch('running')
  await keeper.close()
  expect(await readStatus(relay.stateDir)).toMatchObject({ state: 'stopped' })
  expect(readdirSync(relay.stateDir).filter((name) => name.startsWith('status'))).toEqual([statusFileName])
})

test('a folder that cannot be written is told once, and the relay goes on', async () => {
  const relay = await startExchangeSide()
  await settled(relay)
  const blocked = path.join(relay.stateDir, `${statusFileName}.new`)
  mkdirSync(blocked)
  const keeper = keep(relay)
  await until(() => relay.lines('relay.status.notWritten').length > 0)
  keeper.touch('running')
  await keeper.close()
  expect(relay.lines('relay.status.notWritten')).toHaveLength(1)
  rmSync(blocked, { recursive: true })
})

test('a reader is told what it cannot read, and null where no relay ever was', async () => {
  const stateDir = newFolder()
  expect(await readStatus(stateDir)).toBeNull()
  writeFileSync(path.join(stateDir, statusFileName), JSON.stringify({ format: 2 }))
  await expect(readStatus(stateDir)).rejects.toThrow('is not a status of this version')
})

test('nothing in it is longer lived than its shape: what is written is read', async () => {
  const relay = await startExchangeSide()
  const status = keep(relay).current()
  const stateDir = newFolder()
  await writeStatus(stateDir, status)
  expect(await readStatus(stateDir)).toEqual(relayStatus.parse(status))
})
