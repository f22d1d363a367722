import { expect, test } from 'vitest'
import { ask, askPage, idsOf, withSim } from './ask.ts'

const world = {
  managedDevices: [
    {
      id: 'a',
      azureADDeviceId: 'X1',
      complianceState: 'compliant',
      model: 'iPhone 14',
      lastSyncDateTime: '2026-11-20T06:00:00Z',
      userPrincipalName: 'ana@x',
      easDeviceId: 'E1',
      userId: 'u1',
    },
    {
      id: 'b',
      azureADDeviceId: 'X2',
      complianceState: 'noncompliant',
      model: "O'Phone",
      lastSyncDateTime: '2026-11-21T06:00:00Z',
      userPrincipalName: 'ben@x',
      osVersion: '17.4',
    },
    { id: 'c', complianceState: 'error' },
  ],
}
const all = ['a', 'b', 'c']
const counting = 'deviceManagement/managedDevices?$count=true&$filter='

test.each([
  ["azureADDeviceId eq 'X1'", ['a']],
  ["azureADDeviceId eq 'x2'", ['b']],
  ["azureADDeviceId eq 'nobody'", []],
  ["azureADDeviceId eq 'X2' or azureADDeviceId eq 'X1'", ['b']],
  ["azureADDeviceId eq 'X1' and complianceState eq 'compliant'", ['a']],
  ["azureADDeviceId eq 'X1' and complianceState eq 'error'", []],
  ["complianceState eq 'error'", ['c']],
  ["complianceState eq 'error' or complianceState eq 'compliant'", ['a', 'c']],
  ["(complianceState eq 'error' or complianceState eq 'compliant') and model eq 'iPhone 14'", ['a']],
  ["managementState eq 'managed'", all],
  ['lastSyncDateTime gt 2026-11-20T12:00:00Z', ['b']],
  ['lastSyncDateTime lt 2026-11-20T12:00:00Z', ['a', 'c']],
  ['lastSyncDateTime gt 2026-11-20T06:00:00Z and lastSyncDateTime lt 2027-01-01T00:00:00Z', ['b']],
  ["contains(model,'phone')", ['a', 'b']],
  ["model eq 'O''Phone'", ['b']],
  ["contains(osVersion, '17')", ['b']],
  ["userPrincipalName eq 'ana@x'", ['a']],
  ["userPrincipalName ne 'ana@x'", ['b', 'c']],
  ["userPrincipalName eq ''", all],
])('finds by %s', async (filter, expected) => {
  await withSim({ world }, async (graph) => {
    const page = await askPage(graph, `deviceManagement/managedDevices?$filter=${encodeURIComponent(filter)}`)
    expect(idsOf(page.value)).toEqual(expected)
  })
})

test.each([
  "easDeviceId eq 'E1'",
  "userId eq 'u1'",
  'easActivated eq true',
  "complianceState ne 'error'",
  "complianceState eq 'error' or model eq 'iPhone 14'",
  "azureADDeviceId eq 'X1' or complianceState eq 'error'",
  "azureADDeviceId eq 'X1' and easDeviceId eq 'E1'",
  'lastSyncDateTime eq 2026-11-20T06:00:00Z',
  "lastSyncDateTime gt '2026-11-20T06:00:00Z'",
  'lastSyncDateTime gt yesterday',
  "startswith(model,'iPhone')",
  "not (complianceState eq 'error')",
  'complianceState eq',
  '((',
])('ignores the whole filter without a word: %s', async (filter) => {
  await withSim({ world }, async (graph) => {
    const page = await askPage(graph, `deviceManagement/managedDevices?$filter=${encodeURIComponent(filter)}`)
    expect(idsOf(page.value)).toEqual(all)
  })
})

test('does not count with a filter on azureADDeviceId, and counts otherwise', async () => {
  await withSim({ world }, async (graph) => {
    expect((await ask(graph, `${counting}${encodeURIComponent("azureADDeviceId eq 'X1'")}`)).status).toBe(400)
    expect((await askPage(graph, `${counting}${encodeURIComponent("contains(model,'phone')")}`))['@odata.count']).toBe(
      2,
    )
  })
})

test('finds again after the device has changed', async () => {
  await withSim({ world }, async (graph) => {
    const address = `deviceManagement/managedDevices?$filter=${encodeURIComponent("azureADDeviceId eq 'X3'")}`
    expect((await askPage(graph, address)).value).toEqual([])
    graph.patch({ managedDevices: [{ id: 'c', azureADDeviceId: 'X3' }] })
    expect(idsOf((await askPage(graph, address)).value)).toEqual(['c'])
  })
})

test('pages through what a filter finds', async () => {
  await withSim({ world, maxPage: 1 }, async (graph) => {
    const address = `deviceManagement/managedDevices?$filter=${encodeURIComponent("contains(model,'phone')")}`
    const first = await askPage(graph, address)
    const second = await askPage(graph, first['@odata.nextLink'] ?? '')
    expect([...idsOf(first.value), ...idsOf(second.value)]).toEqual(['a', 'b'])
    expect(second['@odata.nextLink']).toBeUndefined()
  })
})
