/** Stale partnerships over HTTP, queue, tables, rendezvous, relay and the simulated Exchange; the Functions host is killed in the middle. */
import { afterEach, expect, test } from 'vitest'
import type { AuditRow } from '../../functions/core/audit.ts'
import { chainProblems } from './auditProblems.ts'
import { company } from './company.ts'
import { startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'
import { until } from './until.ts'

afterEach(stopCompanies)

const own = '/easgate/connectors/local'
const people = 8
const { world, policy } = company(people)
const exchange = world.exchange as { readonly devices: readonly object[] }

/** Every second phone has not synced for years, but for the last, of which nothing is known. */
const devices = exchange.devices.map((device, index) => {
  const LastSuccessSync = index % 2 === 0 ? '2020-03-01T08:00:00Z' : new Date().toISOString()
  return { ...device, FirstSyncTime: '2019-01-01T08:00:00Z', ...(index === people - 2 ? {} : { LastSuccessSync }) }
})
const given = { world: { ...world, exchange: { ...world.exchange, devices } }, policy }
const stale = people / 2 - 1

interface StaleView {
  readonly state: string
  readonly count: number | null
  readonly left: Record<string, number>
  readonly counts: Record<string, number>
  readonly failure: { readonly code: string; readonly message: string } | null
  readonly value: readonly { readonly record: string; readonly mailbox: string; readonly deviceId: string }[]
}

const look = ({ stack }: RunningCompany, id: string) => stack.app.get<StaleView>(`${own}/stale/${id}`)

async function preview(running: RunningCompany): Promise<{ id: string; view: StaleView }> {
  const answer = await running.stack.app.send('POST', `${own}/stale/preview`, { days: 365 })
  const { id } = (await answer.json()) as { id: string }
  return { id, view: await ended(running, id) }
}

const ended = (running: RunningCompany, id: string) =>
  until(`the clean-up ${id} ends`, async () => {
    const view = await look(running, id)
    return view.state === 'running' ? null : view
  })

test('are found, removed by the number that was seen, each once whoever is killed, and are gone from both lists', async () => {
  const running = await startCompany(given, { visibilityMs: 2_000, allow: { removePartnership: true } })
  const { app } = running.stack
  const full = await running.ended(await running.askForFullSync())
  // The plan takes access from many; what matters here is the reading
  expect(['done', 'held']).toContain(full.state)
  const { id, view } = await preview(running)
  expect(view).toMatchObject({ state: 'done', count: stale, left: { unknown: 1, synced: people / 2 } })
  await expect(app.send('POST', `${own}/stale`, { preview: id, count: stale + 1 })).rejects.toThrow(/409 conflict/)
  const journaled = (await running.journal()).length

  await running.slowDown({ 'Remove-MobileDevice': 200 })
  await app.send('POST', `${own}/stale`, { preview: id, count: stale })
  await until('some are removed and some are not', async () => (await removals(running)).length >= 1)
  running.stack.functions().kill()
  await running.stack.functions().ended
  expect((await removals(running)).length).toBeLessThan(stale)
  await running.stack.startFunctionsAgain()
  await running.slowDown({})
  const done = await ended(running, id)
  expect([done.state, done.failure, done.count]).toEqual(['done', null, 0])

  const removed = view.value.map(({ record }) => record).toSorted()
  expect((await removals(running)).toSorted()).toEqual(removed)
  const state = (await (await fetch(`${running.stack.urls.exchange}/_sim/state`)).json()) as State
  for (const { mailbox, deviceId } of view.value) {
    const lists = state.mailboxes.find(({ Guid }) => Guid === mailbox)
    expect([...(lists?.ActiveSyncAllowedDeviceIDs ?? []), ...(lists?.ActiveSyncBlockedDeviceIDs ?? [])]).not.toContain(
      deviceId,
    )
  }
  expect(state.devices).toHaveLength(people - stale)
  const audit = await app.all<AuditRow>(`${own}/audit?$top=1000`)
  expect(chainProblems(audit)).toEqual([])
  // Every one has a row that says how it ended
  const ends = audit.filter(
    ({ action, outcome }) => action === 'device.remove' && /^(done|verified)/.test(outcome ?? ''),
  )
  expect([...new Set(ends.map(({ subject }) => subject))].toSorted()).toEqual(removed)
  expect((await running.journal()).length).toBeGreaterThan(journaled)
  expect((await preview(running)).view.count).toBe(0)
}, 120_000)

interface State {
  readonly mailboxes: readonly {
    readonly Guid: string
    readonly ActiveSyncAllowedDeviceIDs: readonly string[]
    readonly ActiveSyncBlockedDeviceIDs: readonly string[]
  }[]
  readonly devices: readonly object[]
}

/** Records whose partnership was ended, in order. */
async function removals(running: RunningCompany): Promise<string[]> {
  const journal = await running.journal()
  return journal.flatMap(({ cmdlet, parameters, error }) =>
    cmdlet === 'Remove-MobileDevice' && error === null ? [String(parameters['Identity'])] : [],
  )
}
