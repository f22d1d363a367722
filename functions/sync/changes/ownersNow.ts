/** Who owns the touched mailboxes now, and with which Intune devices: Graph is asked only for what is not known. */
import type { IntuneDevice, Owner, User } from '../../core/types.ts'
import { groupsOfUser, policyGroups, ruleGroups, type GroupsOfUser } from '../../core/policyGroups.ts'
import type { Run } from '../../core/run.ts'
import type { Ports } from '../../ports.ts'
import { isSameDn, type TouchedMailbox } from './readTouched.ts'
import type { TouchedByDirectory } from './touchedByDirectory.ts'

export interface OwnersNow {
  /** By mailbox Guid. */
  readonly owners: ReadonlyMap<string, readonly Owner[]>
  /** By user id. */
  readonly devices: ReadonlyMap<string, readonly IntuneDevice[]>
}

export async function ownersNow(
  ports: Ports,
  run: Run,
  touched: readonly TouchedMailbox[],
  directory: TouchedByDirectory,
): Promise<OwnersNow> {
  const known = new Map<string, Owner>()
  for (const { stored } of touched) {
    for (const { kind, id, data } of stored) if (kind === 'user') known.set(id, JSON.parse(data) as Owner)
  }
  const users = await usersNow(ports, run, touched, directory, known)
  const candidates = touched.map(({ mailbox, stored }) => {
    const stayed = stored.flatMap(({ kind, id }) => (kind === 'user' ? [id] : []))
    const named = [...users.values()].filter((user) => evidenceOf(user, mailbox) !== null).map(({ id }) => id)
    const ids = [...new Set([...stayed, ...named])]
    const tied = ids.flatMap((id) => {
      const user = users.get(id)
      const evidence = user && evidenceOf(user, mailbox)
      return user && evidence ? [{ user, evidence }] : []
    })
    return { guid: mailbox.guid, tied }
  })
  const ids = [...new Set(candidates.flatMap(({ tied }) => tied.map(({ user }) => user.id)))]
  const groups = await groupsNow(ports, run, ids, directory, known)
  const owners = new Map(
    candidates.map(({ guid, tied }) => [
      guid,
      tied.map((tie): Owner => ({ ...tie, ...ofGroups(groups, known, tie.user.id) })),
    ]),
  )
  return { owners, devices: await ports.directory.devicesOfUsers(ids) }
}

/** Users that may own one of the mailboxes, as they are now. */
async function usersNow(
  { directory }: Ports,
  { policy }: Run,
  touched: readonly TouchedMailbox[],
  { users: changed }: TouchedByDirectory,
  known: ReadonlyMap<string, Owner>,
): Promise<ReadonlyMap<string, User>> {
  const { intunePlanIds } = policy.settings
  const users = new Map<string, User>()
  for (const [id, { user }] of known) if (!changed.has(id)) users.set(id, user)
  for (const user of changed.values()) if (user) users.set(user.id, user)
  const addresses = touched.flatMap(newAddresses)
  if (addresses.length === 0) return users
  for (const user of await directory.usersByAddress([...new Set(addresses)], intunePlanIds)) {
    if (!changed.has(user.id)) users.set(user.id, user)
  }
  return users
}

/** A mailbox that is new, or has another address, may belong to a user that did not change. */
function newAddresses({ mailbox, stored }: TouchedMailbox): string[] {
  const row = stored.find(({ kind }) => kind === 'mailbox')
  const before = row ? (JSON.parse(row.data) as { addresses: string[] }).addresses : []
  return mailbox.addresses.filter((address) => !before.includes(address))
}

function evidenceOf(user: User, mailbox: TouchedMailbox['mailbox']): Owner['evidence'] | null {
  if (isSameDn(user.dn, mailbox.dn)) return 'dn'
  return user.addresses.some((address) => mailbox.addresses.includes(address)) ? 'smtp' : null
}

/** The policy's groups of each user whose groups changed or were never asked for. */
async function groupsNow(
  { directory }: Ports,
  { policy }: Run,
  ids: readonly string[],
  { movedUsers }: TouchedByDirectory,
  known: ReadonlyMap<string, Owner>,
): Promise<ReadonlyMap<string, GroupsOfUser>> {
  const { includedGroups, excludedGroups } = policy
  const all = policyGroups(policy)
  const asked = ids.filter((id) => movedUsers.has(id) || !known.has(id))
  if (asked.length === 0 || all.length === 0) return new Map()
  const found = await directory.memberships(asked, all)
  const isIn = (id: string, groups: readonly string[]) => {
    const own = found.get(id) ?? []
    return groups.some((group) => own.includes(group.toLowerCase()))
  }
  const named = ruleGroups(policy)
  return new Map(
    asked.map((id) => {
      const own = named.filter((group) => isIn(id, [group]))
      return [id, groupsOfUser(isIn(id, includedGroups), isIn(id, excludedGroups), own)]
    }),
  )
}

function ofGroups(
  groups: ReadonlyMap<string, GroupsOfUser>,
  known: ReadonlyMap<string, Owner>,
  id: string,
): GroupsOfUser {
  const now = groups.get(id)
  if (now) return now
  const { isIncluded = false, isExcluded = false, groups: own = [] } = known.get(id) ?? {}
  return groupsOfUser(isIncluded, isExcluded, own)
}
