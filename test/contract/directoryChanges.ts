/** The part of the Directory's contract about changes: bookmarks, what changed since, and single objects. */
import { expect, test } from 'vitest'
import type { Directory, DirectoryChanges } from '../../functions/portsDirectory.ts'
import type { GraphPatch, GraphRemoval, GraphWorld } from '../../sim/graph/world.ts'

export interface ChangingDirectory {
  readonly directory: Directory
  readonly patch: (patch: GraphPatch) => void
  readonly remove: (removal: GraphRemoval) => void
  readonly close: () => Promise<void>
}

export type OpenChanging = (world: GraphWorld) => Promise<ChangingDirectory>

const world: GraphWorld = {
  users: ['u1', 'u2', 'u3'].map((id) => ({
    id,
    mail: `${id}@contoso.com`,
    proxyAddresses: [`smtp:${id}@old.example`],
  })),
  groups: [
    { id: 'outer', members: ['u1', 'inner'] },
    { id: 'inner', members: ['u2', 'outer'] },
    { id: 'other', members: ['u3'] },
  ],
  devices: [{ id: 'o1', deviceId: 'e1', isCompliant: true }],
  managedDevices: [
    { id: 'd1', userId: 'u1', azureADDeviceId: 'e1', easDeviceId: 'X1', lastSyncDateTime: '2026-11-20T06:00:00Z' },
    { id: 'd2', userId: 'u2', easDeviceId: 'X2', lastSyncDateTime: '2026-11-20T08:00:00Z' },
    { id: 'd3', userId: 'u2', azureADDeviceId: 'e3', easDeviceId: 'X3', lastSyncDateTime: '2026-11-20T08:00:00Z' },
  ],
}

export function changesContract(open: OpenChanging): void {
  const using = async (use: (changing: ChangingDirectory) => Promise<void>) => {
    const changing = await open(structuredClone(world))
    try {
      await use(changing)
    } finally {
      await changing.close()
    }
  }
  /** What a change shows after a bookmark on the group `outer`. */
  const seen = async (change: (changing: ChangingDirectory) => void, use: (found: DirectoryChanges) => void) =>
    using(async (changing) => {
      const bookmark = await changing.directory.bookmark(['outer'])
      change(changing)
      const found = await changing.directory.changes(bookmark, [])
      if (!found) throw new Error('the bookmark is too old')
      use(found)
      // Read again from the same bookmark it says the same, from the new one nothing
      expect({ ...(await changing.directory.changes(bookmark, [])), bookmark: null }).toEqual({
        ...found,
        bookmark: null,
      })
      const later = await changing.directory.changes(found.bookmark, [])
      expect({ ...later, bookmark: null }).toEqual({
        bookmark: null,
        users: [],
        removedUsers: [],
        members: [],
        entraDevices: [],
      })
    })

  test('a bookmark watches the groups and the groups in them, in a circle too', async () => {
    await using(async ({ directory }) => {
      expect((await directory.bookmark(['outer'])).watched.toSorted()).toEqual(['inner', 'outer'])
      expect((await directory.bookmark([])).watched).toEqual([])
    })
  })

  test('nothing changed: nothing comes', async () => {
    await seen(
      () => {},
      (found) => expect(found).toMatchObject({ users: [], removedUsers: [], members: [], entraDevices: [] }),
    )
  })

  test('a user that changed comes as it is now, a new one too, and one that is gone by its id', async () => {
    await seen(
      ({ patch, remove }) => {
        patch({
          users: [
            { id: 'u1', mail: 'new@contoso.com' },
            { id: 'u9', mail: 'u9@contoso.com' },
          ],
        })
        patch({ users: [{ id: 'u1', mail: 'newest@contoso.com' }] })
        remove({ users: ['u3'] })
      },
      (found) => {
        expect(new Map(found.users.map(({ id, addresses }) => [id, addresses[0]]))).toEqual(
          new Map([
            ['u1', 'newest@contoso.com'],
            ['u9', 'u9@contoso.com'],
          ]),
        )
        expect(found.removedUsers).toEqual(['u3'])
      },
    )
  })

  test('who joins or leaves a watched group comes, and of others nobody', async () => {
    await seen(
      ({ patch }) =>
        patch({
          groups: [
            { id: 'inner', members: ['u3', 'outer'] },
            { id: 'other', members: [] },
          ],
        }),
      ({ members }) => {
        expect(members.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
          { groupId: 'inner', id: 'u2', isGroup: false, isRemoved: true },
          { groupId: 'inner', id: 'u3', isGroup: false, isRemoved: false },
        ])
      },
    )
  })

  test('a group that joins a watched group is told apart from a user', async () => {
    await seen(
      ({ patch }) => patch({ groups: [{ id: 'inner', members: ['u2', 'outer', 'other'] }] }),
      ({ members }) => expect(members).toEqual([{ groupId: 'inner', id: 'other', isGroup: true, isRemoved: false }]),
    )
  })

  test('a device whose compliance changed comes by its Entra device', async () => {
    await seen(
      ({ patch }) =>
        patch({
          devices: [{ id: 'o1', isCompliant: false }],
          managedDevices: [{ id: 'd1', complianceState: 'noncompliant' }],
        }),
      ({ entraDevices }) => expect(entraDevices).toEqual(['e1']),
    )
  })

  test('a bookmark on a group that there is not is refused, naming it', async () => {
    await using(async ({ directory }) => {
      await expect(directory.bookmark(['nobody'])).rejects.toMatchObject({ code: 'groupNotFound' })
    })
  })

  test('single objects come as they are; what is not there is missing', async () => {
    await using(async ({ directory }) => {
      expect((await directory.devicesById(['d2', 'gone'])).map(({ id }) => id)).toEqual(['d2'])
      expect((await directory.devicesByEntraId(['e3', 'gone', 'e1'])).map(({ id }) => id).toSorted()).toEqual([
        'd1',
        'd3',
      ])
      const ofUsers = await directory.devicesOfUsers(['u2', 'u3', 'gone'])
      expect([...ofUsers].map(([id, devices]) => [id, devices.map((device) => device.id)])).toEqual([
        ['u2', ['d2', 'd3']],
        ['u3', []],
        ['gone', []],
      ])
      expect(await directory.devicesById([])).toEqual([])
    })
  })

  test('users are found by mail and by any other address, quotes and all', async () => {
    await using(async ({ directory, patch }) => {
      patch({ users: [{ id: 'u8', mail: "o'neil@contoso.com" }] })
      const find = async (...addresses: string[]) =>
        (await directory.usersByAddress(addresses, [])).map(({ id }) => id).toSorted()
      expect(await find('u1@contoso.com')).toEqual(['u1'])
      expect(await find('u2@old.example', 'nobody@contoso.com')).toEqual(['u2'])
      expect(await find("o'neil@contoso.com")).toEqual(['u8'])
      expect(await find('a@x', 'b@x', 'c@x', 'd@x', 'e@x', 'u3@contoso.com')).toEqual(['u3'])
    })
  })

  test('memberships are direct and through groups; who is gone is in none', async () => {
    await using(async ({ directory }) => {
      const found = await directory.memberships(['u1', 'u2', 'u3', 'gone'], ['outer', 'other'])
      expect([...found].map(([id, groups]) => [id, groups.toSorted()])).toEqual([
        ['u1', ['outer']],
        ['u2', ['outer']],
        ['u3', ['other']],
        ['gone', []],
      ])
    })
  })

  test('devices that reported later are found', async () => {
    await using(async ({ directory }) => {
      const since = async (at: string) => (await directory.devicesSyncedSince(at)).map(({ id }) => id).toSorted()
      expect(await since('2026-11-20T07:00:00.000Z')).toEqual(['d2', 'd3'])
      expect(await since('2026-11-20T09:00:00.000Z')).toEqual([])
    })
  })
}
