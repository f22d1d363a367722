/** A person's word, proven or approved, that an EAS record is one of their Intune devices: where Intune itself never learns the EAS id. Pure. */
import { easKey } from './deviceKey.ts'
import type { Likeness } from './samePhone.ts'
import type { EasRecord, IntuneDevice, Owner } from './types.ts'

/** One for each EAS record, the last that happened to it; it ends with its record. */
export interface Activation {
  /** Guid of the EAS record, and its DeviceId then. */
  readonly record: string
  readonly deviceId: string
  /** waiting: for an administrator. ended: by an administrator, after it was bound. */
  readonly state: 'bound' | 'waiting' | 'rejected' | 'ended'
  /** Who activated: the mailbox's user. */
  readonly userId: string
  /** The Intune device and its Entra device; of one that waits, what it most likely is, or null: an administrator must name it. */
  readonly intuneDeviceId: string | null
  readonly azureAdDeviceId: string | null
  /** An administrator's word: it counts although the device has another EAS id, too. */
  readonly isApproved: boolean
  readonly evidence: ActivationEvidence
  /** When the person activated, ISO-8601 UTC. */
  readonly at: string
  /** Of the last word of an administrator; null: there is none. */
  readonly decided: { readonly by: string; readonly at: string; readonly note: string } | null
  /** Ids of the links that were used up, newest last. */
  readonly usedLinks: readonly string[]
}

/** How the device was proven, by setting: docs/activation.md says what each proves and what not. */
export type ProofKind = 'deviceClaim' | 'signInLog' | 'compliantOnly'

/** What a sign-in says of the device it came from. */
export type DeviceProof =
  | { readonly kind: 'device'; readonly by: ProofKind; readonly azureAdDeviceId: string }
  /** It came from a device that meets the rules; from which, nobody knows. */
  | { readonly kind: 'compliant'; readonly by: ProofKind }
  /** `isLate`: asked again later, it may. */
  | { readonly kind: 'none'; readonly by: ProofKind; readonly isLate: boolean }

/** Why a person's word alone was not enough. */
export type Weakness =
  'notProven' | 'severalDevices' | 'hasOtherId' | 'otherRecord' | 'platformUnknown' | 'modelUnknown' | 'modelDiffers'

export interface ActivationEvidence {
  readonly proof: DeviceProof
  readonly why: readonly Weakness[]
  /** Of the record and the device; null: no device. */
  readonly likeness: Likeness | null
  /** Intune ids of the person's managed devices. */
  readonly devices: readonly string[]
}

/** How many used links are remembered: more than can be valid at a time. */
const mostUsed = 20

export function withUsedLink(used: readonly string[], link: string): readonly string[] {
  return [...used.filter((one) => one !== link), link].slice(-mostUsed)
}

export function isManaged({ managementState, managementAgent }: IntuneDevice): boolean {
  return managementState === 'managed' && managementAgent !== 'eas'
}

/*
 * binding of the record | user, DeviceId   | the device | has in Intune          | bound to another id before | bound
 * bound                 | as then          | the one    | no EAS id, or this one | no                         | yes
 * bound, approved       | as then          | the one    | any                    | either                     | yes
 * any other                                                                                                    | no
 * Intune's own word comes first: an EAS id that it learns later of the device takes the binding away.
 */
export function isBound(
  record: Pick<EasRecord, 'guid' | 'deviceId'>,
  { user }: Pick<Owner, 'user'>,
  device: IntuneDevice,
  activations: readonly Activation[],
): boolean {
  const own = activations.find((one) => one.record === record.guid)
  const key = easKey(record.deviceId)
  if (own?.state !== 'bound' || own.userId !== user.id || easKey(own.deviceId) !== key) return false
  if (!names(own, device)) return false
  if (own.isApproved) return true
  if (device.easDeviceId !== null && easKey(device.easDeviceId) !== key) return false
  return !activations.some(
    (one) => one.state === 'bound' && names(one, device) && easKey(one.deviceId) !== key && isBefore(one, own),
  )
}

/** By the Entra device, which was proven, or by Intune's own id. */
export function names(
  { intuneDeviceId, azureAdDeviceId }: Pick<Activation, 'intuneDeviceId' | 'azureAdDeviceId'>,
  device: Pick<IntuneDevice, 'id' | 'azureAdDeviceId'>,
): boolean {
  return device.id === intuneDeviceId || (azureAdDeviceId !== null && device.azureAdDeviceId === azureAdDeviceId)
}

function isBefore(a: Activation, b: Activation): boolean {
  return a.at === b.at ? a.record < b.record : a.at < b.at
}
