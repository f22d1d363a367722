/** Takes an Exchange organization for a connector whose relay named it, or says who has it. Cut anywhere, the next conversation finishes it. */
import type { AuditEntry } from '../core/audit.ts'
import { organizationKey, takenText } from '../core/organization.ts'
import type { Organization } from '../core/run.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../ports.ts'
import type { Store, Versioned } from '../portsStore.ts'
import { changeRow, readRow } from './connectorRow.ts'
import type { Greeting } from './greetRelay.ts'

export interface AdmissionOptions {
  readonly store: Pick<Store, 'document' | 'saveDocument' | 'organization' | 'saveOrganization' | 'appendAudit'>
  readonly now: () => Date
  readonly log: Log
}

/*
 *   the organization is served by | relay says replace | what happens
 *   nobody, or this connector     | any                | claimed
 *   a retired connector           | any                | claimed
 *   another one                   | no                 | organizationTaken
 *   another one                   | yes                | that one is retired first, then claimed
 * Retired first: from that moment nothing new is sent for the old connector, and whatever dies in between is finished by the next conversation.
 */
/** Throws AppError organizationTaken, or changedMeanwhile (retryable) when another connector was faster. */
export async function claimOrganization(
  connectorId: string,
  name: string,
  greeting: Greeting,
  options: AdmissionOptions,
): Promise<void> {
  const { store } = options
  const found = await store.organization(organizationKey(name))
  const owner = found?.value.connectorId ?? connectorId
  const isOwn = owner === connectorId
  const isFree = isOwn || (await readRow(store, owner)).retired !== null
  if (!isFree && !greeting.welcome.relay.replace) {
    throw new AppError('organizationTaken', takenText(connectorId, name, owner))
  }
  const change: Change = { connectorId, name, owner: isOwn ? null : owner, greeting }
  if (!isFree) await retire(owner, change, options)
  await audited(connectorId, claimEntry(change), options, async () => {
    if (!isOwn || !found) await saveClaim(found, change, options)
    await changeRow(store, connectorId, () => ({ organization: name }))
  })
  options.log.info('exchange.organizationClaimed', { connectorId, before: change.owner })
}

interface Change {
  readonly connectorId: string
  readonly name: string
  /** Who serves the organization until now; null: nobody. */
  readonly owner: string | null
  readonly greeting: Greeting
}

async function saveClaim(found: Versioned<Organization> | null, change: Change, options: AdmissionOptions) {
  const { connectorId, name, owner: before } = change
  const claim: Organization = { name, connectorId, since: options.now().toISOString(), before }
  await options.store.saveOrganization(organizationKey(name), claim, found?.etag ?? null)
}

/** No plan of it waits any more; its runs end by themselves at their next step, or by the next timer (sync/retirement.ts). */
async function retire(owner: string, change: Change, options: AdmissionOptions): Promise<void> {
  const retired = { by: change.connectorId, at: options.now().toISOString() }
  const after = { ...afterOf(change), ...retired }
  const entry = { action: 'connectorRetired', actor: actorOf(change), subject: owner, before: null, after }
  await audited(owner, entry, options, () =>
    changeRow(options.store, owner, (row) => (row.retired ? null : { retired, pendingFull: null })),
  )
  options.log.warn('exchange.connectorRetired', { connectorId: owner, by: change.connectorId })
}

type Told = Pick<AuditEntry, 'action' | 'actor' | 'subject' | 'before' | 'after'>

function claimEntry(change: Change): Told {
  const { connectorId: subject, owner: before } = change
  return { action: 'organizationClaimed', actor: actorOf(change), subject, before, after: afterOf(change) }
}

/** Who said it: an approved relay, on whose machine an administrator joined it so. */
function actorOf({ greeting }: Change): string {
  return `relay ${greeting.fingerprint}`
}

function afterOf({ name, greeting }: Change) {
  return { organization: name, host: greeting.welcome.relay.host, replace: greeting.welcome.relay.replace }
}

/** `asked` before it, so that none is missing; a row that only says so means: it is not known whether it was done. */
async function audited(chain: string, told: Told, options: AdmissionOptions, act: () => Promise<void>): Promise<void> {
  const { store, now } = options
  const append = (outcome: string) =>
    store.appendAudit(chain, [{ ...told, at: now().toISOString(), runId: null, outcome }])
  await append('asked')
  await act()
  await append('done')
}
