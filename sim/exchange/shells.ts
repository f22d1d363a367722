/** The remote shells that accounts hold open: at most 18 each, given up after 15 unused minutes (facts B). */
import { randomUUID } from 'node:crypto'
import { errors } from './cmdletError.ts'
import type { FaultSettings } from './faults.ts'

export interface Shell {
  readonly id: string
  readonly account: string
  /** Full name of the server that it is on. */
  readonly server: string
  lastUsed: number
  isBusy: boolean
  isBroken: boolean
}

const defaultLimit = 18
const defaultIdleMs = 15 * 60_000

export class Shells {
  readonly #shells = new Map<string, Shell>()

  get size(): number {
    return this.#shells.size
  }

  /** Throws the shell limit's CmdletError; each server counts for itself. */
  open({ account, server }: Pick<Shell, 'account' | 'server'>, settings: FaultSettings, now: number): Shell {
    this.#giveUpIdle(settings.shellIdleMs ?? defaultIdleMs, now)
    const limit = settings.shellLimit ?? defaultLimit
    const held = [...this.#shells.values()].filter((shell) => shell.account === account && shell.server === server)
    if (held.length >= limit) throw errors.shellLimit(limit)
    const shell = { id: randomUUID(), account, server, lastUsed: now, isBusy: false, isBroken: false }
    this.#shells.set(shell.id, shell)
    return shell
  }

  /** The shell, ready to run a pipeline; throws when it is broken or gone, or runs one already. */
  ready(id: string, now: number): Shell {
    const shell = this.#shells.get(id)
    if (!shell || shell.isBroken) throw errors.broken()
    if (shell.isBusy) throw errors.busy()
    shell.lastUsed = now
    return shell
  }

  close(id: string): boolean {
    return this.#shells.delete(id)
  }

  #giveUpIdle(idleMs: number, now: number): void {
    for (const shell of this.#shells.values()) {
      if (!shell.isBusy && now - shell.lastUsed >= idleMs) this.#shells.delete(shell.id)
    }
  }
}
