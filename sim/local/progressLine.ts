/** Shows where a run stands: one line that is overwritten on a terminal, a line per step elsewhere. */
import type { RunView } from './app.ts'

const titles: Readonly<Record<string, string>> = {
  gatherConfiguration: "reading Exchange's configuration",
  gatherMailboxes: 'reading mailboxes',
  gatherRecords: 'reading EAS records',
  gatherGroups: 'reading groups',
  gatherUsers: 'reading users',
  gatherDevices: 'reading Intune devices',
  takeLease: 'taking its turn (one run decides and sends at a time)',
  decide: 'deciding',
  limits: 'checking the limits',
  notify: 'telling people before their phones are held',
  apply: 'sending commands to Exchange',
  digest: 'telling the administrators',
  finish: 'finishing',
}

export function progressLine(): (run: RunView) => void {
  let last = ''
  return ({ kind, state, step, counts }) => {
    const planned = (counts['planned.changes'] ?? 0) + (counts['planned.configuration'] ?? 0)
    const commands = step === 'apply' ? `, ${counts['commands'] ?? 0} of ${planned}` : ''
    const line = state === 'running' ? `  ${kind} sync: ${titles[step] ?? step}${commands}` : `  ${kind} sync: ${state}`
    if (line === last) return
    last = line
    process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
    if (process.stdout.isTTY && state !== 'running') process.stdout.write('\r\x1b[K')
  }
}
