/** Microsoft Graph, as the sync sees it: the port Directory. graph/ implements it, the tests in memory. */
import type { DirectoryBookmark } from './core/bookmarks.ts'
import type { IntuneDevice, User } from './core/types.ts'

export interface Page<T> {
  readonly items: readonly T[]
  /** Where to go on, opaque; null at the end. */
  readonly next: string | null
}

/** Microsoft Graph. Every method retries inside and throws AppError graphFailed (retryable) or graphDenied. */
export interface Directory {
  users(cursor: string | null, intunePlanIds: readonly string[]): Promise<Page<User>>
  /** Ids of the users in the group, directly or through groups in it. Throws groupNotFound. */
  memberIds(groupId: string, cursor: string | null): Promise<Page<string>>
  intuneDevices(cursor: string | null): Promise<Page<IntuneDevice>>
  /** Where changes are read from after now. `groupIds`: the policy's groups. Throws groupNotFound. */
  bookmark(groupIds: readonly string[]): Promise<DirectoryBookmark>
  /** What changed since; null when the bookmark is too old and everything must be read. */
  changes(bookmark: DirectoryBookmark, intunePlanIds: readonly string[]): Promise<DirectoryChanges | null>
  /** Users with any of these addresses (lower case). */
  usersByAddress(addresses: readonly string[], intunePlanIds: readonly string[]): Promise<readonly User[]>
  /** Which of the groups each user is in, directly or through groups. A user that is gone is in none. */
  memberships(userIds: readonly string[], groupIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
  /** Intune devices of each user. */
  devicesOfUsers(userIds: readonly string[]): Promise<ReadonlyMap<string, readonly IntuneDevice[]>>
  /** The Intune devices that belong to these Entra devices. */
  devicesByEntraId(deviceIds: readonly string[]): Promise<readonly IntuneDevice[]>
  /** These Intune devices as they are now; one that is gone is missing. */
  devicesById(ids: readonly string[]): Promise<readonly IntuneDevice[]>
  /** Intune devices that reported to Intune after this instant (ISO-8601 UTC). */
  devicesSyncedSince(since: string): Promise<readonly IntuneDevice[]>
  /** HTTP requests sent so far, retries included. */
  requests(): number
  /** Asks for a token and for one row of the two listings. Throws AppError graphDenied where a permission is missing, graphFailed. */
  check(): Promise<void>
  /** How often Graph said so far that it is asked too much, in answers and in the parts of a batch's answer. */
  throttled(): number
}

/** In any order; the same change may come again in the next reading. */
export interface DirectoryChanges {
  readonly bookmark: DirectoryBookmark
  /** Users as they are now. */
  readonly users: readonly User[]
  readonly removedUsers: readonly string[]
  /** Who joined or left a watched group. */
  readonly members: readonly {
    readonly groupId: string
    readonly id: string
    readonly isGroup: boolean
    readonly isRemoved: boolean
  }[]
  /** Entra's device ids (managedDevice.azureADDeviceId). */
  readonly entraDevices: readonly string[]
}
