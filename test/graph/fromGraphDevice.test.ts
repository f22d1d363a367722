import type { ManagedDevice } from '@microsoft/microsoft-graph-types'
import { expect, test } from 'vitest'
import { deviceProperties, fromGraphDevice } from '../../functions/graph/fromGraphDevice.ts'

const unset = {
  id: 'd',
  userId: null,
  azureAdDeviceId: null,
  easDeviceId: null,
  isRegistered: false,
  complianceState: 'unknown',
  managementState: 'managed',
  managementAgent: 'unknown',
  lastSync: null,
  operatingSystem: null,
  model: null,
}

const every = (value: unknown): Record<string, unknown> => ({
  ...Object.fromEntries(deviceProperties.map((name) => [name, value])),
  id: 'd',
})

test.each([
  ['only an id', { id: 'd' }],
  ['null everywhere', every(null)],
  ['numbers everywhere', every(7)],
  ['lists everywhere', every([])],
])('reads a device with %s as Graph prints one where nothing is set', (_title, row) => {
  expect(fromGraphDevice(row)).toEqual(unset)
})

test.each([
  [{ azureADRegistered: true }, { isRegistered: true }],
  [{ azureADRegistered: false, deviceRegistrationState: 'registered' }, { isRegistered: true }],
  [{ azureADRegistered: null, deviceRegistrationState: 'registered' }, { isRegistered: true }],
  [{ azureADRegistered: false, deviceRegistrationState: 'notRegistered' }, {}],
  [{ azureADRegistered: null, deviceRegistrationState: 'revoked' }, {}],
  [{ azureADRegistered: 'true' }, {}],
  [{ complianceState: 'brandNew' }, { complianceState: 'brandNew' }],
  [{ managementState: 'unknownFutureValue' }, { managementState: 'unknownFutureValue' }],
  [{ managementAgent: 'easMdm' }, { managementAgent: 'easMdm' }],
  [{ easDeviceId: ' ApplX ' }, { easDeviceId: ' ApplX ' }],
  [{ easDeviceId: '' }, { easDeviceId: '' }],
  [{ userId: '' }, {}],
  [{ userId: 'Opaque' }, { userId: 'Opaque' }],
  [{ userId: '0000000A-0000-4000-8000-00000000000B' }, { userId: '0000000a-0000-4000-8000-00000000000b' }],
  [
    { azureADDeviceId: '0000000A-0000-4000-8000-00000000000B' },
    { azureAdDeviceId: '0000000a-0000-4000-8000-00000000000b' },
  ],
  [{ azureADDeviceId: '00000000-0000-0000-0000-000000000000' }, {}],
  [{ lastSyncDateTime: '0001-01-01T00:00:00Z' }, {}],
  [{ lastSyncDateTime: 'soon' }, {}],
  [{ lastSyncDateTime: '2026-11-20T06:00:00Z' }, { lastSync: '2026-11-20T06:00:00.000Z' }],
])('reads %j as %j', (properties, expected) => {
  expect(fromGraphDevice({ id: 'd', ...properties })).toEqual({ ...unset, ...expected })
})

test.each([[{}], [{ id: '' }], [{ id: null }], [null], ['d']])('does not trust a list with the row %j', (row) => {
  expect(() => fromGraphDevice(row)).toThrow(expect.objectContaining({ code: 'incompleteInventory', retryable: false }))
})

const values: Readonly<Record<string, unknown>> = {
  azureADRegistered: true,
  deviceRegistrationState: 'registered',
  lastSyncDateTime: '2026-11-20T06:00:00Z',
}

/** The compiler knows Graph's names (managementState came to v1.0 after these types); the test, that none is asked for in vain. */
const asked: readonly (keyof ManagedDevice | 'managementState')[] = deviceProperties
test.each(asked)('reads %s, which is asked for', (name) => {
  expect(fromGraphDevice({ id: 'd', [name]: values[name] ?? 'text' })).not.toEqual(unset)
})
