/** What every `Directory` does: run on the fake, and on the adapter with the simulated Graph behind it. */
import { describe, expect, test } from 'vitest'
import type { Directory, Page } from '../../functions/portsDirectory.ts'
import type { GraphWorld } from '../../sim/graph/world.ts'

interface OpenDirectory {
  readonly directory: Directory
  readonly close: () => Promise<void>
}

/** `open` serves the world in pages of at most `pageSize`. */
export type OpenWith = (world: GraphWorld, pageSize: number) => Promise<OpenDirectory>

const intune = 'C1EC4A95-1f05-45b3-a911-aa3fa01094f5'
const guid = (last: number): string => `0000000A-0000-4000-8000-${String(last).padStart(12, '0')}`

export function directoryContract(name: string, open: OpenWith): void {
  const using = async (world: GraphWorld, pageSize: number, use: (directory: Directory) => Promise<void>) => {
    const { directory, close } = await open(world, pageSize)
    try {
      await use(directory)
    } finally {
      await close()
    }
  }

  describe(`${name} as a Directory`, () => {
    test.each([0, 1, 2, 3, 4, 7])('gives every one of %i users once, in pages of at most 3', async (count) => {
      const users = Array.from({ length: count }, (_, index) => ({ id: `user ${index}` }))
      await using({ users }, 3, async (directory) => {
        const pages = await allPages((cursor) => directory.users(cursor, []))
        expect(pages.flat().map(({ id }) => id)).toEqual(users.map(({ id }) => id))
        expect(pages.every((page) => page.length <= 3)).toBe(true)
        expect(directory.requests()).toBe(Math.max(1, Math.ceil(count / 3)))
      })
    })

    test('can be asked whether it answers, with and without anybody in it', async () => {
      await using({}, 3, async (directory) => expect(await directory.check()).toBeUndefined())
      await using({ users: [{ id: 'u' }], managedDevices: [{ id: 'd' }] }, 3, async (directory) => {
        await directory.check()
        expect(directory.throttled()).toBe(0)
      })
    })

    test('gives the same page again for the same cursor, as a repeated step asks', async () => {
      const users = Array.from({ length: 5 }, (_, index) => ({ id: `user ${index}` }))
      await using({ users }, 2, async (directory) => {
        const first = await directory.users(null, [])
        const second = await directory.users(first.next, [])
        expect(await directory.users(null, [])).toEqual(first)
        expect(await directory.users(first.next, [])).toEqual(second)
      })
    })

    test('reads a user with all that Graph says, and one of whom only the id is known', async () => {
      const full = {
        id: guid(1),
        userPrincipalName: 'Ana@contoso.com',
        displayName: 'Ana',
        mail: 'Ana@Contoso.com',
        proxyAddresses: ['smtp:b@x', 'SMTP:ana@contoso.com', 'X500:/o=x', 'sip:ana@contoso.com'],
        assignedPlans: [{ servicePlanId: intune.toLowerCase(), capabilityStatus: 'Warning' }],
        onPremisesDistinguishedName: 'CN=Ana',
        onPremisesSecurityIdentifier: 'S-1-5-21-1',
      }
      await using({ users: [full, { id: 'bare' }] }, 10, async (directory) => {
        expect((await directory.users(null, [intune])).items).toEqual([
          {
            id: guid(1).toLowerCase(),
            upn: 'Ana@contoso.com',
            displayName: 'Ana',
            addresses: ['ana@contoso.com', 'b@x'],
            dn: 'CN=Ana',
            sid: 'S-1-5-21-1',
            isLicensed: true,
          },
          { id: 'bare', upn: null, displayName: null, addresses: [], dn: null, sid: null, isLicensed: false },
        ])
      })
    })

    test('reads an Intune device with all that Graph says, and one of which only the id is known', async () => {
      const full = {
        id: guid(2),
        userId: guid(1),
        azureADDeviceId: guid(3),
        azureADRegistered: true,
        deviceRegistrationState: 'registered',
        easDeviceId: 'ApplANA1',
        complianceState: 'brandNewState',
        managementState: 'retirePending',
        managementAgent: 'easMdm',
        lastSyncDateTime: '2026-11-20T06:00:00Z',
        operatingSystem: 'iOS',
        model: 'iPhone 14',
      }
      await using({ managedDevices: [full, { id: 'bare' }] }, 10, async (directory) => {
        expect((await directory.intuneDevices(null)).items).toEqual([
          {
            id: guid(2).toLowerCase(),
            userId: guid(1).toLowerCase(),
            azureAdDeviceId: guid(3).toLowerCase(),
            easDeviceId: 'ApplANA1',
            isRegistered: true,
            complianceState: 'brandNewState',
            managementState: 'retirePending',
            managementAgent: 'easMdm',
            lastSync: '2026-11-20T06:00:00.000Z',
            operatingSystem: 'iOS',
            model: 'iPhone 14',
          },
          {
            id: 'bare',
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
          },
        ])
      })
    })

    test('gives the users of a group and of the groups in it once each, where groups hold each other in a circle', async () => {
      const world: GraphWorld = {
        users: [1, 2, 3, 4].map((last) => ({ id: guid(last) })),
        devices: [{ id: guid(20) }],
        groups: [
          { id: guid(11), members: [guid(1), guid(2).toLowerCase(), guid(12), guid(20)] },
          { id: guid(12), members: [guid(2), guid(3), guid(11), 'nobody'] },
          { id: guid(13) },
        ],
      }
      await using(world, 2, async (directory) => {
        const pages = await allPages((cursor) => directory.memberIds(guid(11), cursor))
        expect(pages.flat().toSorted()).toEqual([1, 2, 3].map((last) => guid(last).toLowerCase()))
        expect(pages.length).toBe(2)
        expect(await directory.memberIds(guid(13), null)).toEqual({ items: [], next: null })
      })
    })

    test('says which group there is not', async () => {
      await using({}, 2, async (directory) => {
        const failure = directory.memberIds(guid(99), null)
        await expect(failure).rejects.toMatchObject({ code: 'groupNotFound', retryable: false })
        await expect(failure).rejects.toThrow(guid(99))
      })
    })

    test('refuses a cursor that it did not give', async () => {
      await using({}, 2, async (directory) => {
        await expect(directory.users('somewhere else', [])).rejects.toMatchObject({
          code: 'graphFailed',
          retryable: false,
        })
      })
    })
  })
}

async function allPages<T>(read: (cursor: string | null) => Promise<Page<T>>): Promise<(readonly T[])[]> {
  const pages: (readonly T[])[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await read(cursor)
    pages.push(page.items)
    cursor = page.next
  } while (cursor !== null)
  return pages
}
