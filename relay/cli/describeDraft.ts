/** The configuration in words, for a person to agree to; secrets only by how they are kept. Pure. */
import type { ConfigDraft } from '../config.ts'
import { secretReference } from '../configSchema.ts'

interface Account {
  readonly user: string
  readonly password: unknown
}

export function describeDraft({ connection, mail, proxy, powershell, allow, connectorId }: ConfigDraft): string[] {
  const isHosted = connection?.kind === 'hosted'
  const rows: [string, string][] = [
    ['Connector', connectorId ?? 'none yet: run easgate-relay join'],
    ['Exchange', `${isHosted ? 'hosted' : 'on premises'}, ${connection?.server ?? 'no server yet'}`],
    ['Connects as', accountText(connection?.account)],
    ['Other servers', onOff(connection?.casFailover, true, 'taken when this one fails', 'never taken')],
    ['At the same time', String(powershell?.parallel ?? 1)],
    ['Notifications', mail ? `from ${mail.from}, ${accountText(mail.account)}` : 'none'],
    ...(mail ? [['Web Services', mail.ewsUrl ?? 'found by Autodiscover'] as [string, string]] : []),
    ['Proxy', proxy ? proxyText(proxy) : 'none'],
    ['Wipe', onOff(allow?.wipe, false, 'allowed', 'refused')],
    ['Remove partnership', onOff(allow?.removePartnership, false, 'allowed', 'refused')],
  ]
  const width = Math.max(...rows.map(([label]) => label.length)) + 2
  return rows.map(([label, text]) => `${label.padEnd(width)}${text}`)
}

/** The same as data: every reference to a secret replaced by how it is kept. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const reference = secretReference.safeParse(value)
  if (reference.success) return secretText(reference.data)
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutSecrets(inner)]))
}

function proxyText({ address, account, bypass = [] }: NonNullable<ConfigDraft['proxy']>): string {
  const as = account ? `, ${accountText(account)}` : ''
  return `${address}${as}${bypass.length > 0 ? `, not for ${bypass.join(', ')}` : ''}`
}

function accountText(account: Account | undefined): string {
  return account ? `${account.user} (password ${secretText(account.password)})` : 'the identity of the service itself'
}

function secretText(reference: unknown): string {
  const { data } = secretReference.safeParse(reference)
  if (!data) return 'not given yet'
  return 'env' in data ? `in environment variable ${data.env}` : 'protected by DPAPI'
}

function onOff(value: boolean | undefined, initial: boolean, on: string, off: string): string {
  return (value ?? initial) ? on : off
}
