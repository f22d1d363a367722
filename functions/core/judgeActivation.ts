/** What becomes of an activation: bound, sent to an administrator, or refused with a reason that helps. Pure. */
import { isManaged, type ActivationEvidence, type DeviceProof, type Weakness } from './activation.ts'
import { easKey } from './deviceKey.ts'
import { newest } from './match.ts'
import { likeness } from './samePhone.ts'
import type { EasRecord, IntuneDevice } from './types.ts'

export interface ActivationCase {
  readonly record: EasRecord
  /** The mailbox's user now; null: nobody, or not who it was. */
  readonly ownerId: string | null
  /** The user that the link names; null: none. */
  readonly linkUserId: string | null
  readonly signedInId: string
  readonly proof: DeviceProof
  /** The signed-in person's Intune devices, as they are now. */
  readonly devices: readonly IntuneDevice[]
  /** Whether Intune has the proven device with somebody else, or with nobody. */
  readonly isOthers: boolean
  /** The device that the record matches already. */
  readonly matched: IntuneDevice | null
  /** Intune ids of devices that are bound to another EAS id. */
  readonly boundToOther: ReadonlySet<string>
  /** The mailbox's other EAS records that match no device. */
  readonly unmatched: readonly EasRecord[]
}

export type Refusal =
  'otherUser' | 'noOwner' | 'othersDevice' | 'notEnrolled' | 'notManaged' | 'notCompliant' | 'otherPhone'

export type Verdict =
  | { readonly result: 'bind'; readonly device: IntuneDevice; readonly evidence: ActivationEvidence }
  | { readonly result: 'approval'; readonly device: IntuneDevice | null; readonly evidence: ActivationEvidence }
  | { readonly result: 'refuse'; readonly why: Refusal }
  /** There is nothing to bind. */
  | { readonly result: 'known'; readonly device: IntuneDevice }

/*
 * The first that fits decides:
 *
 * #  | case                                                                      | verdict
 * 1  | signed in as another than the link's user, or than the mailbox's          | refuse otherUser
 * 2  | nobody is known as the mailbox's user                                     | refuse noOwner
 * 3  | the record matches a device already                                       | known
 * 4  | proven: a device that Intune has with somebody else, or with nobody       | refuse othersDevice
 * 5  | proven: a device that Intune does not have                                | refuse notEnrolled
 * 6  | proven: one of the person's, not managed                                  | refuse notManaged
 * 7  | proven: one of the person's                                               | the phone, below
 * 8  | no managed device of the person at all                                    | refuse notEnrolled
 * 9  | proven: some compliant device; the person has none                        | refuse notCompliant
 * 10 | proven: some compliant device; the person has one                         | the phone, below
 * 11 | proven: some compliant device; the person has several, of whatever kind   | approval severalDevices
 * 12 | nothing proven                                                            | approval notProven
 */
export function judge(given: ActivationCase): Verdict {
  const { ownerId, linkUserId, signedInId, matched, proof, devices } = given
  if (signedInId !== (linkUserId ?? ownerId ?? signedInId)) return refuse('otherUser')
  if (ownerId === null) return refuse('noOwner')
  if (signedInId !== ownerId) return refuse('otherUser')
  if (matched) return { result: 'known', device: matched }
  if (proof.kind === 'device') return judgeProven(given, proof.azureAdDeviceId)
  const managed = devices.filter(isManaged)
  if (managed.length === 0) return refuse('notEnrolled')
  if (proof.kind === 'none') return approval(given, likely(given, managed), ['notProven'])
  const compliant = managed.filter(isCompliant)
  const [only] = compliant
  if (!only) return refuse('notCompliant')
  return compliant.length === 1
    ? judgePhone(given, only)
    : approval(given, likely(given, compliant), ['severalDevices'])
}

function judgeProven(given: ActivationCase, azureAdDeviceId: string): Verdict {
  const own = given.devices.filter((device) => device.azureAdDeviceId === azureAdDeviceId)
  if (own.length === 0) return refuse(given.isOthers ? 'othersDevice' : 'notEnrolled')
  const device = newest(own.filter(isManaged))
  return device ? judgePhone(given, device) : refuse('notManaged')
}

/*
 * platform  | model     | another EAS id of the device, in Intune or bound | another unmatched record that could be the device's | verdict
 * different | -         | -                                                | -                                                   | refuse otherPhone
 * same      | same      | no                                               | no                                                  | bind
 * any other                                                                                                                      | approval, with every reason
 *
 * The other record: who has two phones of one model, one of them managed, could open the other one's link on it.
 */
function judgePhone(given: ActivationCase, device: IntuneDevice): Verdict {
  const { platform, model } = likeness(given.record, device)
  if (platform === 'different') return refuse('otherPhone')
  const why: Weakness[] = []
  if (hasOtherId(given, device)) why.push('hasOtherId')
  if (given.unmatched.some((other) => mightBe(other, device))) why.push('otherRecord')
  if (platform === 'unknown') why.push('platformUnknown')
  if (model === 'unknown') why.push('modelUnknown')
  if (model === 'different') why.push('modelDiffers')
  if (why.length > 0) return approval(given, device, why)
  return { result: 'bind', device, evidence: evidenceOf(given, device, []) }
}

function hasOtherId({ record, boundToOther }: ActivationCase, { id, easDeviceId }: IntuneDevice): boolean {
  return boundToOther.has(id) || (easDeviceId !== null && easKey(easDeviceId) !== easKey(record.deviceId))
}

/** The only one that could be it; null: none or several. */
function likely(given: ActivationCase, devices: readonly IntuneDevice[]): IntuneDevice | null {
  const fitting = devices.filter((device) => {
    return couldBe(given.record, device) && !hasOtherId(given, device)
  })
  return fitting.length === 1 ? (fitting[0] ?? null) : null
}

function couldBe(record: EasRecord, device: IntuneDevice): boolean {
  const { platform, model } = likeness(record, device)
  return platform === 'same' && model !== 'different'
}

/** Of another record: one that does not say its platform might be any phone. */
function mightBe(record: EasRecord, device: IntuneDevice): boolean {
  return likeness(record, device).platform === 'unknown' || couldBe(record, device)
}

function isCompliant({ complianceState }: IntuneDevice): boolean {
  return complianceState === 'compliant' || complianceState === 'inGracePeriod'
}

function approval(given: ActivationCase, device: IntuneDevice | null, why: readonly Weakness[]): Verdict {
  return { result: 'approval', device, evidence: evidenceOf(given, device, why) }
}

function evidenceOf(
  { proof, record, devices }: ActivationCase,
  device: IntuneDevice | null,
  why: readonly Weakness[],
): ActivationEvidence {
  const ids = devices.filter(isManaged).map(({ id }) => id)
  return { proof, why, likeness: device && likeness(record, device), devices: ids.slice(0, 50) }
}

function refuse(why: Refusal): Verdict {
  return { result: 'refuse', why }
}
