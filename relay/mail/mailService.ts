/** The relay's notification account put together: its queue, its PowerShell child, its way to EWS. */
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { OpenConfig } from '../openSecrets.ts'
import { EwsPlace } from './ewsPlace.ts'
import { MailQueue } from './mailQueue.ts'
import { sendMail } from './sendMail.ts'
import { systemResolver } from './web.ts'
import { WebShell } from './webShell.ts'

export interface MailServiceOptions {
  readonly config: OpenConfig
  /** Where the module is, unless the configuration says. */
  readonly installed: { readonly modulePath: string }
  readonly log: Logger
  readonly env?: NodeJS.ProcessEnv
}

export interface MailService {
  readonly queue: MailQueue
  /** Answers what waits as refused, gives the mail under way `timeoutMs`, and ends the child. */
  close(timeoutMs: number): Promise<void>
}

/** Undefined: the configuration names no notification account. Starts no process before the first mail. */
export function startMail(options: MailServiceOptions): MailService | undefined {
  const { mail } = options.config
  if (!mail) return undefined
  const web = webShellFor(options)
  const now = Date.now
  const place = new EwsPlace({ ...mail, web, resolveSrv: systemResolver, now })
  const sender = { ...mail, post: web.post.bind(web), place, now, newId: randomUUID, log: options.log }
  const queue = new MailQueue({ send: (one, notAfter) => sendMail(one, notAfter, sender) })
  return {
    queue,
    async close(timeoutMs) {
      const kill = setTimeout(() => web.close(), timeoutMs)
      await queue.close()
      clearTimeout(kill)
      web.close()
    },
  }
}

/** A child of its own for web requests, with the configured proxy. */
export function webShellFor({ config, installed, log, env = process.env }: MailServiceOptions): WebShell {
  const { executable, modulePath = installed.modulePath } = config.powershell
  return new WebShell({ executable, modulePath, env, proxy: config.proxy, log })
}
