/** A person activates their phone: what the link, the sign-in and Intune say is judged, recorded and audited, and the mailbox is decided at once. */
import { withUsedLink, type Activation, type DeviceProof } from '../core/activation.ts'
import { issuedMsOf, type ActivationLink } from '../core/activationLink.ts'
import { judge, type Refusal, type Verdict } from '../core/judgeActivation.ts'
import { match } from '../core/match.ts'
import { resolveOwner } from '../core/resolveOwner.ts'
import type { EasRecord, IntuneDevice } from '../core/types.ts'
import type { Ports } from '../ports.ts'
import { activationOf, boundToOther, saveActivation } from './activations.ts'
import { decideAgain } from './changes/decideAgain.ts'
import { checkNotRetired } from './checkNotRetired.ts'
import { readConnector } from './connector.ts'
import { mailboxOfRecord, type StoredMailbox } from './storedMailboxes.ts'
import { syncSoon } from './syncSoon.ts'

export interface Attempt {
  readonly link: ActivationLink
  /** Entra object id of who is signed in. */
  readonly signedInId: string
  readonly proof: DeviceProof
  /** All connectors: a device may be bound in another. */
  readonly connectorIds: readonly string[]
}

export type ActivationResult =
  | { readonly result: 'bound' | 'known'; readonly device: IntuneDevice }
  | { readonly result: 'waiting' }
  | { readonly result: 'refused'; readonly why: Refusal | 'recordGone' }
  /** By this link already; what became of it. */
  | { readonly result: 'used'; readonly state: Activation['state'] }

/** Throws AppErrors of Graph and the store, connectorRetired. */
export async function activate(ports: Ports, attempt: Attempt): Promise<ActivationResult> {
  const { link, signedInId } = attempt
  const state = (await readConnector(ports, link.connectorId))?.value
  if (state) checkNotRetired(state)
  const found = await recordOf(ports, link)
  if (!found) return refused(ports, attempt, 'recordGone')
  const before = activationOf(found.mailbox, link.record)
  const isSpent = before !== null && countsNoMore(link, before)
  // Nobody but the one who used it learns what became of it
  if (isSpent && before.userId === signedInId) {
    // Whoever bound it may have died before anybody heard of it
    if (before.state === 'bound') await decideNow(ports, link, signedInId)
    return { result: 'used', state: before.state }
  }
  const verdict = isSpent
    ? ({ result: 'refuse', why: 'otherUser' } as const)
    : judge(await caseOf(ports, attempt, found))
  if (verdict.result === 'refuse') return refused(ports, attempt, verdict.why)
  if (verdict.result === 'known') {
    await decideNow(ports, link, signedInId)
    return { result: 'known', device: verdict.device }
  }
  return record(ports, attempt, found, verdict)
}

/*
 * link         | activation | link was made        | counts
 * was used     | any        | -                    | no more
 * was not used | rejected,  | before that word     | no more: an old mail does not undo an administrator's no
 *              | ended      | after it             | yes: whoever made it knew
 * was not used | any other  | -                    | yes
 */
function countsNoMore(link: ActivationLink, { usedLinks, state, decided }: Activation): boolean {
  if (usedLinks.includes(link.id)) return true
  const isNo = state === 'rejected' || state === 'ended'
  return isNo && decided !== null && issuedMsOf(link) <= Date.parse(decided.at)
}

export interface FoundRecord {
  readonly mailbox: StoredMailbox
  readonly record: EasRecord
}

export async function recordOf({ store }: Pick<Ports, 'store'>, link: ActivationLink): Promise<FoundRecord | null> {
  const mailbox = await mailboxOfRecord(store, link.connectorId, link.record, link.mailboxGuid)
  const record = mailbox?.records.find((one) => one.record.guid === link.record)?.record
  return mailbox && record ? { mailbox, record } : null
}

async function caseOf(
  { store, directory }: Ports,
  { link, signedInId, proof, connectorIds }: Attempt,
  { mailbox, record }: FoundRecord,
) {
  const owner = resolveOwner(mailbox.owners)
  const devices = (await directory.devicesOfUsers([signedInId])).get(signedInId) ?? []
  const proven = proof.kind === 'device' ? proof.azureAdDeviceId : null
  const isOwn = devices.some(({ azureAdDeviceId }) => azureAdDeviceId === proven)
  const others = proven === null || isOwn ? [] : await directory.devicesByEntraId([proven])
  return {
    record,
    ownerId: owner?.user.id ?? null,
    linkUserId: link.userId,
    signedInId,
    proof,
    devices,
    isOthers: others.length > 0,
    matched: owner && match(record, owner, devices, mailbox.activations),
    boundToOther: await boundToOther(store, connectorIds, devices, record.deviceId),
    unmatched: mailbox.records.flatMap(({ record: other }) => {
      const isMatched = owner && match(other, owner, devices, mailbox.activations)
      return other.guid === record.guid || isMatched || (other.clientType ?? 'EAS') !== 'EAS' ? [] : [other]
    }),
  }
}

/** Audited before and after; the link is used up with it. */
async function record(
  ports: Ports,
  attempt: Attempt,
  found: FoundRecord,
  verdict: Extract<Verdict, { result: 'bind' | 'approval' }>,
): Promise<ActivationResult> {
  const { link, signedInId } = attempt
  const { mailbox, record: easRecord } = found
  const before = activationOf(mailbox, link.record)
  const activation: Activation = {
    record: link.record,
    deviceId: easRecord.deviceId,
    state: verdict.result === 'bind' ? 'bound' : 'waiting',
    userId: signedInId,
    intuneDeviceId: verdict.device?.id ?? null,
    azureAdDeviceId: verdict.device?.azureAdDeviceId ?? null,
    isApproved: false,
    evidence: verdict.evidence,
    at: ports.clock.now().toISOString(),
    decided: null,
    usedLinks: withUsedLink(before?.usedLinks ?? [], link.id),
  }
  const action = activation.state === 'bound' ? 'activationBound' : 'activationWaits'
  await audit(ports, attempt, { action, before, after: activation, outcome: 'asked' })
  await saveActivation(ports, link.connectorId, mailbox, activation)
  const saved = await afterRace(ports, attempt, found, activation, verdict.device)
  await audit(ports, attempt, { action, before: null, after: { state: saved.state, link: link.id }, outcome: 'done' })
  if (saved.state !== 'bound' || !verdict.device) return { result: 'waiting' }
  await syncSoon(ports, link.connectorId, signedInId)
  return { result: 'bound', device: verdict.device }
}

/** Somebody may have bound the device to another id in the same moment: then a person decides. */
async function afterRace(
  ports: Ports,
  { link, connectorIds }: Attempt,
  { mailbox, record: { deviceId } }: FoundRecord,
  activation: Activation,
  device: IntuneDevice | null,
): Promise<Activation> {
  if (activation.state !== 'bound' || !device) return activation
  if ((await boundToOther(ports.store, connectorIds, [device], deviceId)).size === 0) return activation
  const evidence = { ...activation.evidence, why: ['hasOtherId' as const] }
  const waiting: Activation = { ...activation, state: 'waiting', evidence }
  const now = {
    ...mailbox,
    activations: [...mailbox.activations.filter((one) => one.record !== link.record), activation],
  }
  await saveActivation(ports, link.connectorId, now, waiting)
  return waiting
}

async function refused(
  ports: Ports,
  attempt: Attempt,
  why: Refusal | 'recordGone',
): Promise<Extract<ActivationResult, { result: 'refused' }>> {
  const { proof, link } = attempt
  await audit(ports, attempt, {
    action: 'activationRefused',
    before: null,
    after: { link: link.id, proof },
    outcome: why,
  })
  return { result: 'refused', why }
}

async function decideNow(ports: Ports, { connectorId, mailboxGuid }: ActivationLink, askedBy: string): Promise<void> {
  await decideAgain(ports, connectorId, [mailboxGuid])
  await syncSoon(ports, connectorId, askedBy)
}

async function audit(
  { store, clock }: Ports,
  { link, signedInId }: Attempt,
  entry: { readonly action: string; readonly before: unknown; readonly after: unknown; readonly outcome: string },
): Promise<void> {
  const at = clock.now().toISOString()
  const row = { ...entry, at, actor: signedInId, runId: null, subject: link.record }
  await store.appendAudit(link.connectorId, [row])
}
