/** Starts a PowerShell child with the module and opens sessions to Exchange in it: the first steps of every use of it. */
import { ChildFailure } from './childFailure.ts'
import type { HostOptions } from './hostOptions.ts'
import { OpenFailure } from './openFailure.ts'
import { Shell } from './shell.ts'
import { parseCloseReply, parseOpenReply, type Failure, type Opened } from './stepReply.ts'

const importLine = 'Import-Module $env:EASGATE_MODULE'

/** `started` of what it gives tells when the module is loaded. */
export function startShell({ executable, env, modulePath, maxReplyBytes, times }: HostOptions): Shell {
  const childEnv = { ...env, EASGATE_MODULE: modulePath }
  return new Shell({ executable, env: childEnv, maxReplyBytes }, importLine, times.importMs)
}

/** Open-Easgate on this server; left out: that of the settings. Throws an OpenFailure with Exchange's reason, or a ChildFailure. */
export async function openSessions(shell: Shell, { settings, times }: HostOptions, server?: string): Promise<Opened> {
  const connection = { ...settings.connection, ...(server !== undefined && { server }) }
  const line = `Open-Easgate '${toBase64({ ...settings, connection })}'`
  const text = await shell.invoke(line, times.openMs).catch((error: unknown) => {
    throw hangsOnServer(error) ? noAnswer(times.openMs, error) : error
  })
  const result = parseOpenReply(text)
  if ('category' in result) throw new OpenFailure(result)
  return result
}

/** Opens one session on that server and closes it: undefined when that worked. Never rejects; the child is dead afterwards. */
export async function trySession(shell: Shell, options: HostOptions, server: string): Promise<Failure | undefined> {
  const { settings, times } = options
  try {
    await shell.started
    await openSessions(shell, { ...options, settings: { ...settings, parallel: 1 } }, server)
    parseCloseReply(await shell.invoke('Close-Easgate', times.closeMs))
    return undefined
  } catch (error) {
    return failureOf(error)
  } finally {
    shell.kill()
  }
}

export function failureOf(error: unknown): Failure {
  if (error instanceof OpenFailure) return error.failure
  return { category: 'childFailed', message: error instanceof Error ? error.message : String(error) }
}

export function toBase64(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64')
}

/** A child that hangs while it opens sessions waits for Exchange: that is the server's failure. */
function hangsOnServer(error: unknown): boolean {
  return error instanceof ChildFailure && error.kind === 'hang'
}

function noAnswer(openMs: number, cause: unknown): OpenFailure {
  const message = `Exchange opened no session in ${Math.round(openMs / 1000)} s`
  return new OpenFailure({ category: 'sessionBroken', message }, { cause })
}
