/** When the storm is over: everything works again, and after some syncs every promise holds to the letter. */
import { expect } from 'vitest'
import type { Run, RunKind } from '../../../functions/core/run.ts'
import { approveRun } from '../../../functions/sync/decideHeldRun.ts'
import { startRun } from '../../../functions/sync/startRun.ts'
import { connectorId } from '../fakeSystem.ts'
import { fail } from './checkCommands.ts'
import { entryProblem, wishesOf } from './expectedLists.ts'
import { referenceDecisions } from './reference.ts'
import { calm, editPolicy, truthOf, type Storm } from './storm.ts'

export async function expectPromises(storm: Storm): Promise<void> {
  const { system } = storm
  clearFaults(storm)
  await calm(storm)
  await editPolicy(storm, (policy) => ({
    ...policy,
    settings: { ...policy.settings, stop: false, reportOnly: false },
  }))
  // Leases of runs that died, waits for mails and doubts about who changed a list are over; a user that is gone is so for two full syncs
  for (const kind of ['full', 'quick', 'full'] as const) {
    system.clock.advance(45 * 60_000)
    const run = await sync(storm, kind)
    expect([run.state, run.failure], storm.story.join('\n')).toEqual(['done', null])
  }
  await expectDecided(storm)
  await expectNothingLeft(storm)
  await expectEnded(storm)
}

function clearFaults(storm: Storm): void {
  const { system, lives } = storm
  lives.length = 0
  storm.doom = null
  const { faults } = system.exchange
  for (const name of Object.keys(faults)) delete faults[name as keyof typeof faults]
  system.directory.failNothing()
}

/** Approved where the limits hold it. A full one may have to wait for a quick one whose message was lost, once. */
async function sync(storm: Storm, kind: RunKind): Promise<Run> {
  const { ports } = storm.system
  const request = { connectorId, kind, askedBy: 'aftermath', dryRun: false }
  let { runId } = await startRun(ports, request)
  await calm(storm)
  if (!runId) runId = (await startRun(ports, request)).runId
  if (!runId) throw fail(storm, `the ${kind} sync waits for a run that never ends`)
  await calm(storm)
  if ((await storm.system.run(runId)).state === 'held') await approveRun(ports, connectorId, runId, 'aftermath')
  await calm(storm)
  return storm.system.run(runId)
}

/** 1, 3 and 4: every record has exactly one decision, the one that the rules give, and Exchange is as decided. */
async function expectDecided(storm: Storm): Promise<void> {
  const { policy, system } = storm
  const truth = truthOf(storm)
  const nowMs = system.clock.now().getTime()
  const expected = referenceDecisions({ truth, policy, kind: 'full', nowMs })
  const isUnclear = (mailboxGuid: string, id: string) => storm.unclear.has(`${mailboxGuid}|${id.toLowerCase()}`)
  const unclear = new Set(
    truth.records.flatMap(({ guid, mailboxDn, deviceId }) => {
      const mailbox = truth.mailboxes.find(({ dn }) => dn.toLowerCase() === mailboxDn.toLowerCase())
      return mailbox && isUnclear(mailbox.guid, deviceId) ? [guid] : []
    }),
  )
  const shown = (access: string, reason: string, fallback: boolean) => `${access}${fallback ? '/block' : ''} ${reason}`
  const decided = Object.entries(await system.decisions()).map(([guid, one]) => [
    guid,
    unclear.has(guid) ? 'unclear' : shown(one.access, one.reason, one.fallback === 'block'),
  ])
  const right = [...expected].map(([guid, { access, reason, fallback }]) => [
    guid,
    unclear.has(guid) ? 'unclear' : shown(access, reason, fallback),
  ])
  expect(Object.fromEntries(decided), storm.story.join('\n')).toEqual(Object.fromEntries(right))
  // Of adopted entries only easgate knows since when they are its own
  if (policy.settings.manualEntries === 'adopt') return
  const problems = truth.mailboxes.flatMap(({ guid, allowed, blocked }) => {
    const wishes = wishesOf(truth, guid, expected)
    const ids = new Set([...wishes.keys(), ...[...allowed, ...blocked].map((id) => id.toLowerCase())])
    return [...ids].flatMap((id) => {
      if (isUnclear(guid, id)) return []
      return entryProblem(truth, guid, id, wishes.get(id)?.wish ?? 'withdrawn') ?? []
    })
  })
  expect(problems, storm.story.join('\n')).toEqual([])
}

/** 4: a second run right after plans nothing. */
async function expectNothingLeft(storm: Storm): Promise<void> {
  const { journal } = storm.system.exchange
  const before = journal.length
  await sync(storm, 'full')
  await sync(storm, 'quick')
  expect(journal.slice(before), storm.story.join('\n')).toEqual([])
}

/** 2: every command that was sent has its end on the audit. */
async function expectEnded(storm: Storm): Promise<void> {
  const audit = await storm.system.store.audit(connectorId, 1, 100_000)
  const idsOf = (...actions: string[]) =>
    audit.flatMap(({ action, runId, after }) =>
      actions.includes(action) ? [`${runId} ${(after as { id: string }).id}`] : [],
    )
  const ended = new Set(idsOf('commandEnded', 'changeSettled'))
  const open = idsOf('commandSent').filter((id) => !ended.has(id))
  expect(open, storm.story.join('\n')).toEqual([])
}
