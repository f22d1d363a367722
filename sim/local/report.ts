/** The short report that a person reads after a run. */
import type { RunView } from './app.ts'
import { operationLines, operationsOf } from './operations.ts'

type Counts = Readonly<Record<string, number>>

/** What each reason means, in the words of a help desk. */
const reasons: Readonly<Record<string, string>> = {
  compliant: 'enrolled and compliant',
  inGracePeriod: 'enrolled, in the grace period',
  exempt: 'user is in an excluded group',
  grandfathered: 'was there before the date set',
  pinned: 'pinned by an administrator',
  extraRule: 'an extra rule fits',
  notEnrolled: 'not enrolled',
  notCompliant: 'enrolled, not compliant',
  notRegistered: 'enrolled, not registered in Entra',
  complianceUnknown: 'enrolled, compliance not known yet',
  notEvaluated: 'not ActiveSync, still in discovery, test mailbox, or ActiveSync off',
  unresolvedUser: 'the mailbox belongs to no Entra user',
  outOfScope: 'user is not licensed, or in no included group',
  manualEntry: 'an administrator made an entry by hand',
  platformRule: 'an access rule of the policy names its platform',
  newRecordGrace: 'new, in its first minutes',
}

export function report({ kind, state, counts, refusal, failure, startedAt, endedAt }: RunView): string {
  const seconds = endedAt ? ((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1) : null
  const count = (name: string) => counts[name] ?? 0
  const [asked, stored] = operationLines(operationsOf(counts))
  const lines = [
    `${kind === 'full' ? 'Full sync' : 'Quick sync'}: ${state}${seconds === null ? '' : ` in ${seconds} s`}`,
    `  found        ${count('found.mailboxes')} mailboxes, ${count('found.records')} EAS records, ${count('found.users')} users, ${count('found.intuneDevices')} Intune devices`,
    `  matched      ${count('matched')} records with their Intune device; ${count('found.unresolvedMailboxes')} mailboxes resolve to no user`,
    ...group(counts, 'allowed', ['allow']),
    ...group(counts, 'held', ['quarantine', 'block']),
    ...group(counts, 'left alone', ['leave']),
    `  commands     ${count('commands')} sent to Exchange${outcomes(counts)}`,
    ...mailLine(counts),
    `  asked        ${asked}`,
    `  stored       ${stored}`,
  ]
  if (refusal && state === 'held') lines.push(`  HELD         ${refusal.message}`)
  // The first sentence has the numbers; what to do about it was done
  if (refusal && state !== 'held')
    lines.push(`  limits       held the plan until it was approved: ${refusal.message.split('. ')[0] ?? ''}`)
  if (failure) lines.push(`  FAILED       in step ${failure.step}: ${failure.code}: ${failure.message}`)
  return lines.join('\n')
}

function group(counts: Counts, title: string, accesses: readonly string[]): string[] {
  const found = accesses.flatMap((access) =>
    Object.entries(counts)
      .filter(([name]) => name.startsWith(`decided.${access}.`))
      .map(([name, number]) => ({ access, reason: name.split('.')[2] ?? '', number })),
  )
  const total = found.reduce((sum, { number }) => sum + number, 0)
  const rows = found
    .toSorted((a, b) => b.number - a.number)
    .map(
      ({ access, reason, number }) =>
        `  ${' '.repeat(12)} ${String(number).padStart(5)}  ${accesses.length > 1 ? `${access}: ` : ''}${reasons[reason] ?? reason}`,
    )
  return [`  ${title.padEnd(12)} ${total}`, ...rows]
}

/** To people whose phones are newly held. */
function mailLine(counts: Counts): string[] {
  const found = Object.entries(counts).filter(([name]) => name.startsWith('mails.'))
  const text = found.map(([name, number]) => `${name.slice('mails.'.length)} ${number}`).join(', ')
  return text === '' ? [] : [`  mails        ${counts['notices.planned'] ?? 0} people to tell (${text})`]
}

function outcomes(counts: Counts): string {
  const found = Object.entries(counts).filter(([name]) => name.startsWith('outcome.'))
  const text = found.map(([name, number]) => `${name.slice('outcome.'.length)} ${number}`).join(', ')
  return text === '' ? '' : ` (${text})`
}
