// Failover on a real PowerShell: the module's own sessions are lost, found lost, and opened on another server.
import { expect, test } from 'vitest'
import { ex1, ex3, guidOf, settled, startExchangeSide } from '../startExchangeSide.ts'
import { fixture, onPowerShell, powershell } from './realPowerShell.ts'

const onReal = { executable: powershell ?? '', modulePath: fixture('SimulatedExchange.psm1') }
const block = (index: number) => ({ Identity: guidOf(index), ActiveSyncBlockedDeviceIDs: { Add: [`PHONE${index}`] } })

onPowerShell(() => {
  test('it learns the servers and the rights of the account from what the module prints', async () => {
    const hidden = { cmdlets: ['Get-Recipient'], parameters: { 'Set-CASMailbox': ['ActiveSyncBlockedDeviceIDs'] } }
    const relay = await startExchangeSide({ ...onReal, more: { hidden } })
    await settled(relay)
    expect(relay.side.servers.others).toEqual([ex3, 'ex2.contoso.com'])
    expect(relay.lines('relay.permission.missing')).toMatchObject([
      { missing: ['Set-CASMailbox -ActiveSyncBlockedDeviceIDs', 'Get-Recipient'], optional: [] },
    ])
  })

  test('when the server dies in the middle of a batch it goes on elsewhere, and returns when that opens a session', async () => {
    const relay = await startExchangeSide(onReal)
    await settled(relay)
    const { pid } = relay.side.host
    await relay.faults({ latencyMs: 20 })
    const outcomes = Array.from({ length: 40 }, async (_, index) => relay.run('Set-CASMailbox', block(index)))
    await Promise.race(outcomes)
    await relay.faults({ unreachable: [ex1] })
    const all = await Promise.all(outcomes)
    const unknown = all.filter(({ ok }) => !ok)
    expect(unknown.map(({ error }) => error?.category)).toEqual(unknown.map(() => 'sessionBroken'))
    expect(unknown.length).toBeLessThanOrEqual(2)
    expect(relay.lines('relay.server.failedOver')).toMatchObject([{ from: ex1, to: ex3 }])
    expect(relay.side.host.pid).toBe(pid)

    await relay.faults({ unreachable: null })
    relay
      .planned()
      .find(({ minutes }) => minutes === 1)
      ?.happen()
    await relay.until(
      () => relay.lines('relay.server.returned').length + relay.lines('relay.server.trialFailed').length > 0,
    )
    expect(relay.lines('relay.server.trialFailed')).toEqual([])
    await relay.until(() => relay.lines('relay.server.returned').length > 0)
    expect(await relay.run('Set-CASMailbox', block(1))).toMatchObject({ ok: true })
    expect(relay.side.host.pid).toBe(pid)
  })

  test('a refused account stays where it is', async () => {
    const relay = await startExchangeSide({ ...onReal, waits: false })
    await relay.faults({ refusing: ['*'] })
    const outcome = await relay.run('Set-CASMailbox', block(1))
    expect(outcome).toMatchObject({
      ok: false,
      error: { category: 'refused', message: expect.stringContaining('denied') },
    })
    expect(relay.lines('relay.credential.refused')).toMatchObject([{ server: ex1 }])
  })
})
