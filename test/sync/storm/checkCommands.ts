/** After every step: what Exchange was told since the last one, against the rules of the moment that the run decided at. */
import type { Run } from '../../../functions/core/run.ts'
import type { ChangeCommand } from '../../../functions/ports.ts'
import { connectorId } from '../fakeSystem.ts'
import { allowedEdits, wishesOf } from './expectedLists.ts'
import { entryKey, referenceDecisions } from './reference.ts'
import { planOf, ruleText } from './referenceConfiguration.ts'
import type { RunView, Storm } from './storm.ts'

type ListCommand = Extract<ChangeCommand, { kind: 'lists' }>

/** Promises 1 to 3, and that a notice comes before its block. */
export async function checkCommands(storm: Storm): Promise<void> {
  const { journal } = storm.system.exchange
  const fresh = journal.slice(storm.checked)
  storm.checked = journal.length
  if (fresh.length === 0) return checkDisjoint(storm)
  const audit = await storm.system.store.audit(connectorId, 1, 100_000)
  const announced = new Set(
    audit.flatMap(({ action, runId, after }) =>
      action === 'commandSent' ? [`${runId} ${(after as { id: string }).id}`] : [],
    ),
  )
  for (const { batchId, command, outcome } of fresh) {
    const [runId = ''] = batchId.split('.')
    const run = (await storm.system.store.run(connectorId, runId))?.value
    const view = storm.views.get(runId)
    if (!run || !view) throw fail(storm, `a command of a run that is not there: ${batchId}`)
    storm.story.push(`  ${runId.slice(-8)} ${textOf(command)}`)
    // 2: on the audit before it was sent
    if (!announced.has(`${runId} ${command.id}`)) throw fail(storm, `no audit row: ${textOf(command)}`)
    if (command.kind === 'lists') await checkLists(storm, run, view, command)
    else checkConfiguration(storm, run, view, command, outcome.guid)
  }
  checkDisjoint(storm)
}

/** The run saw one and the same world from its first message until it had decided. */
function sawOneMoment({ began, decided }: RunView): boolean {
  return decided !== null && began.version === decided.version && began.journal === decided.journal
}

async function checkLists(storm: Storm, run: Run, view: RunView, command: ListCommand): Promise<void> {
  const { mailboxGuid } = command
  const edits = [
    ...command.addAllowed.map((id) => ['+', 'allowed', id] as const),
    ...command.removeAllowed.map((id) => ['-', 'allowed', id] as const),
    ...command.addBlocked.map((id) => ['+', 'blocked', id] as const),
    ...command.removeBlocked.map((id) => ['-', 'blocked', id] as const),
  ]
  const { policy, kind } = run
  const nowMs = Date.parse(run.gatheredAt ?? run.startedAt)
  const decisions = referenceDecisions({ truth: view.truth, policy, kind, nowMs })
  const wishes = wishesOf(view.truth, mailboxGuid, decisions)
  for (const [sign, list, id] of edits) {
    const key = entryKey(mailboxGuid, list, id)
    const { wish, isPinned } = wishes.get(id.toLowerCase()) ?? { wish: 'withdrawn' as const, isPinned: false }
    const isClear = !storm.unclear.has(`${mailboxGuid}|${id.toLowerCase()}`)
    // 3: what easgate did not make, it does not take away
    const mayTakeAway = isPinned || policy.settings.manualEntries !== 'respect' || !sawOneMoment(view)
    if (sign === '-' && isClear && !mayTakeAway && !storm.own.has(key))
      throw fail(storm, `took away what it did not make: ${textOf(command)}`)
    // 1: nobody is let in, and nobody cut off, but by the rules
    if (isClear && sawOneMoment(view) && !allowedEdits[wish].includes(`${sign}${list}`))
      throw fail(storm, `${textOf(command)}: ${id} is ${wish} by the rules`)
    if (sign === '+') storm.own.add(key)
    else storm.own.delete(key)
  }
  if (sawOneMoment(view)) await checkNotices(storm, view, command, decisions)
}

const toldReasons = new Set(['extraRule', 'notCompliant', 'notRegistered', 'complianceUnknown', 'notEnrolled'])

/** Who loses access by this command was written to first, or the mail was tried. */
async function checkNotices(
  storm: Storm,
  { truth }: RunView,
  command: ListCommand,
  decisions: ReturnType<typeof referenceDecisions>,
): Promise<void> {
  const taken = new Set([...command.removeAllowed, ...command.addBlocked].map((id) => id.toLowerCase()))
  const mailbox = truth.mailboxes.find(({ guid }) => guid === command.mailboxGuid)
  for (const record of truth.records) {
    const { access = '', reason = '' } = decisions.get(record.guid) ?? {}
    const loses = record.state === 'allowed' && (access === 'block' || access === 'quarantine')
    if (!loses || !toldReasons.has(reason) || !taken.has(record.deviceId.toLowerCase())) continue
    if (record.mailboxDn.toLowerCase() !== mailbox?.dn.toLowerCase()) continue
    const mail = await storm.system.store.ledgerMail(connectorId, { record: record.guid, reason })
    if (!mail && !storm.system.exchange.faults.noMailAccount)
      throw fail(storm, `${record.guid} was held for ${reason} before any mail: ${textOf(command)}`)
  }
}

function checkConfiguration(
  storm: Storm,
  run: Run,
  { truth }: RunView,
  command: Exclude<ChangeCommand, { kind: 'lists' }>,
  guid: string | undefined,
): void {
  const wanted = planOf({ ...truth, ownRules: storm.ownRules }, run.policy, run.kind)
  if (command.kind === 'defaultLevel' && command.level !== wanted.defaultLevel)
    throw fail(storm, `the default became ${command.level}, not ${wanted.defaultLevel}`)
  if (command.kind === 'newRule') {
    const isWanted = wanted.rules.some((rule) => ruleText(rule) === ruleText(command) && rule.level === command.level)
    if (!isWanted) throw fail(storm, `a rule that the policy does not name: ${textOf(command)}`)
    if (guid !== undefined) storm.ownRules.add(guid)
  }
  if ((command.kind === 'setRule' || command.kind === 'removeRule') && !storm.ownRules.has(command.guid))
    throw fail(storm, `a rule that easgate did not make: ${textOf(command)}`)
}

/** easgate never puts an id on both lists. */
function checkDisjoint(storm: Storm): void {
  for (const { guid, allowed, blocked } of storm.system.exchange.state.mailboxes()) {
    const both = allowed.filter((id) => blocked.some((other) => other.toLowerCase() === id.toLowerCase()))
    if (both.length > 0) throw fail(storm, `${guid} has ${both.join()} on both lists`)
  }
}

export function fail({ story }: Storm, what: string): Error {
  return new Error(`${what}\n${story.join('\n')}`)
}

function textOf(command: ChangeCommand): string {
  const { id: _id, ...rest } = command
  return JSON.stringify(rest, (_key, value: unknown) =>
    Array.isArray(value) && value.length === 0 ? undefined : value,
  )
}
