/** Get- and Set-CASMailbox (facts/exchange-and-graph.md A6). */
import { applyEdit } from '../applyEdit.ts'
import { identityOf, listChangeOf, one, textOf, warnUnmodified, type Call, type Cmdlet } from '../cmdlet.ts'
import { guidsNamed } from '../compileFilter.ts'
import { usualError } from '../faults.ts'
import type { Mailbox } from '../mailboxes.ts'
import { casMailboxFilter, mailboxView, searchedAddresses } from '../mailboxView.ts'
import { inOrganizationalUnit, query } from '../query.ts'
import type { Row } from '../view.ts'

export const getCasMailbox: Cmdlet = {
  parameters: {
    Identity: 'text',
    Filter: 'text',
    ResultSize: 'resultSize',
    SortBy: 'text',
    OrganizationalUnit: 'text',
    Anr: 'text',
    Monitoring: 'flag',
    RecalculateHasActiveSyncDevicePartnership: 'flag',
    ReadFromDomainController: 'flag',
    IgnoreDefaultScope: 'flag',
    ProtocolSettings: 'flag',
    DomainController: 'text',
  },
  since2013: ['Monitoring', 'RecalculateHasActiveSyncDevicePartnership'],
  run: (call) => listMailboxes(call),
}

export const setCasMailbox: Cmdlet = {
  parameters: {
    Identity: 'text',
    ActiveSyncAllowedDeviceIDs: 'edit',
    ActiveSyncBlockedDeviceIDs: 'edit',
    ActiveSyncEnabled: 'flag',
    ActiveSyncMailboxPolicy: 'text',
    ActiveSyncDebugLogging: 'flag',
    DomainController: 'text',
  },
  required: ['Identity'],
  run: (call) => {
    const { mailboxes } = call.exchange
    const identity = identityOf(call)
    const mailbox = one(mailboxes.find(identity), identity, call.exchange)
    refuseSentinel(mailbox)
    const next = { ...current(mailbox), ...changes(call, mailbox) }
    if (JSON.stringify(next) === JSON.stringify(current(mailbox))) warnUnmodified(call, mailbox.identity)
    else call.exchange.changeLists(mailbox, () => Object.assign(mailbox, next))
    return []
  },
}

function listMailboxes(call: Call): Iterable<Row> {
  const view = mailboxView(call.exchange)
  return query(call, view, candidates(call), casMailboxFilter, searchedAddresses(view))
}

function* candidates(call: Call): Generator<Mailbox> {
  const { exchange, parameters } = call
  const identity = textOf(call, 'Identity')
  const filter = textOf(call, 'Filter')
  const found =
    identity === undefined
      ? exchange.mailboxes.named(filter === undefined ? undefined : guidsNamed(filter))
      : [one(exchange.mailboxes.find(identity), identity, exchange)]
  const isInUnit = inOrganizationalUnit(call)
  for (const mailbox of found) {
    if (!isInUnit(mailbox.identity)) continue
    if (parameters['RecalculateHasActiveSyncDevicePartnership'] === true)
      delete mailbox.stated.HasActiveSyncDevicePartnership
    yield mailbox
  }
}

// A mailbox whose name ends in `error-<Reason>` cannot be changed: `error-ADOperationException` is a protected user (facts A11).
function refuseSentinel(mailbox: Mailbox): void {
  const reason = /error-([A-Za-z]+)$/.exec(mailbox.name)?.[1]
  if (reason !== undefined) throw usualError({ reason }, mailbox.identity)
}

const listNames = ['ActiveSyncAllowedDeviceIDs', 'ActiveSyncBlockedDeviceIDs']

type Settings = Pick<Mailbox, 'allowed' | 'blocked' | 'activeSyncEnabled' | 'policy'>

function current(mailbox: Mailbox): Settings {
  const { allowed, blocked, activeSyncEnabled, policy } = mailbox
  return { allowed, blocked, activeSyncEnabled, policy }
}

function changes(call: Call, mailbox: Mailbox): Partial<Settings> {
  const given = call.parameters
  const next: Partial<Settings> = {}
  const [allowed, blocked] = listNames.map((name) => listChangeOf(call, name))
  if (allowed !== undefined) next.allowed = applyEdit(mailbox.allowed, allowed)
  if (blocked !== undefined) next.blocked = applyEdit(mailbox.blocked, blocked)
  if (typeof given['ActiveSyncEnabled'] === 'boolean') next.activeSyncEnabled = given['ActiveSyncEnabled']
  const policy = given['ActiveSyncMailboxPolicy']
  if (policy === null) next.policy = null
  if (typeof policy === 'string') next.policy = one(call.exchange.policies.find(policy), policy, call.exchange).guid
  return next
}
