/** The status as a person reads it: one line a subject. Pure. */
import type { RelayStatus } from '../statusFile.ts'
import type { Health } from './statusHealth.ts'

export function statusLines({ healthy, running, problems, relay }: Health, nowMs: number): string[] {
  const word = healthy ? 'healthy' : running ? 'running, but not healthy' : 'not running'
  const facts = relay ? factsOf(relay, running, nowMs) : []
  const rows: [string, string][] = [['Relay', word], ...problems.map(({ text }): [string, string] => ['Problem', text])]
  return [...rows, ...facts].map(([name, value]) => `${name.padEnd(13)}${value}`)
}

function factsOf(relay: RelayStatus, running: boolean, nowMs: number): [string, string][] {
  const { version, connectorId, fingerprint, lastBatchAt, conversations } = relay
  const known: [string, string][] = [
    ['Version', version],
    ['Connector', connectorId],
    ['Fingerprint', fingerprint],
  ]
  if (!running) return [...known, ['Last status', `${relay.updatedAt} (${agoOf(relay.updatedAt, nowMs)})`]]
  const work = lastBatchAt === null ? 'no batch yet' : `last batch ${agoOf(lastBatchAt, nowMs)}`
  return [
    ['Running', `for ${spanOf(nowMs - Date.parse(relay.startedAt))}, process ${relay.pid}`],
    ...known,
    ['easgate', cloudText(relay, nowMs)],
    ['Exchange', exchangeText(relay, nowMs)],
    ['Permissions', permissionText(relay)],
    ['Work', `${work}, ${conversations} conversations open`],
    ['Mail', relay.hasMail ? 'sent by this relay' : 'not configured'],
  ]
}

function cloudText({ cloud }: RelayStatus, nowMs: number): string {
  if (!cloud) return 'not tried yet'
  const { connected, channels, since } = cloud
  const how = connected === 0 ? 'not connected' : `connected, ${connected} of ${channels} channels`
  return `${how}, for ${spanOf(nowMs - Date.parse(since))}`
}

function exchangeText({ exchange }: RelayStatus, nowMs: number): string {
  const { isOpen, server, since, reason, configuredServer, organization } = exchange
  if (server === null) return `no session yet to ${configuredServer}`
  const age = since === null ? '' : `, since ${agoOf(since, nowMs)}`
  const why = reason === null ? '' : ` (${reason})`
  const where = organization === null ? '' : `, organization ${organization}`
  return `${isOpen ? '' : 'no session now; last '}${server}${age}${why}${where}`
}

function permissionText({ permissions }: RelayStatus): string {
  if (!permissions) return 'not checked yet'
  if (permissions.missing.length === 0) return 'complete'
  return permissions.missing
    .map(({ cmdlet, severity }) => `${cmdlet} (${severity})`)
    .join(', ')
    .concat(' missing')
}

function agoOf(time: string, nowMs: number): string {
  return `${spanOf(nowMs - Date.parse(time))} ago`
}

/*
 * below a minute | 42 s
 * below an hour  | 12 min
 * below two days | 5 h 3 min
 * longer         | 12 days
 */
export function spanOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1) return `${seconds} s`
  if (minutes < 60) return `${minutes} min`
  if (minutes < 2 * 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `${Math.floor(minutes / 60 / 24)} days`
}
