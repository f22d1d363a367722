/** A world with 20 mailboxes and 3,000 devices, commands for it, and a stand-in that is open on it. */
import { serveExchange, type AtEnd, type Served } from './startExchange.ts'
import { startShell, type Reply, type StartedShell } from './startShell.ts'
import { onTestFinished } from 'vitest'

const mailbox = (index: number) => ({
  Guid: `m${index}`,
  PrimarySmtpAddress: `u${index}@contoso.com`,
  Name: `Üser ${index}`,
})
export const mailboxes = Array.from({ length: 20 }, (_, index) => mailbox(index))
const device = (index: number) => ({ Guid: `d${index}`, Mailbox: 'm0', DeviceId: `A${index}`, DeviceType: 'iPad' })
export const devices = Array.from({ length: 3_000 }, (_, index) => device(index))
export const world = { organization: 'Contoso', mailboxes, devices }

export const get = { key: 'get', cmdlet: 'Get-CASMailbox', parameters: { Identity: 'm1' }, returns: ['Guid', 'Name'] }
export const list = {
  key: 'list',
  cmdlet: 'Get-MobileDevice',
  parameters: { ResultSize: 'Unlimited' },
  returns: ['Guid'],
}
export const set = {
  key: 'set',
  cmdlet: 'Set-CASMailbox',
  parameters: { Identity: 'm1', ActiveSyncBlockedDeviceIDs: { Add: ['A'] } },
  returns: [],
}
export const create = {
  key: 'new',
  cmdlet: 'New-ActiveSyncDeviceAccessRule',
  parameters: { QueryString: 'iPad', Characteristic: 'DeviceType', AccessLevel: 'Block' },
  returns: ['Name'],
}

export interface Both {
  readonly exchange: Served
  readonly shell: StartedShell
  readonly opened: Reply
}

export interface BothOptions {
  /** Laid over the world. */
  readonly more?: object
  readonly env?: NodeJS.ProcessEnv
  /** Of Open-Easgate. */
  readonly settings?: object
  readonly atEnd?: AtEnd
}

export async function startBoth({ more, env, settings, atEnd = onTestFinished }: BothOptions = {}): Promise<Both> {
  const exchange = await serveExchange({ ...world, ...more }, atEnd)
  const shell = startShell(exchange.url, env, atEnd)
  const opened = await shell.open(settings)
  return { exchange, shell, opened }
}
