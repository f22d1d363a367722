/** What the steps of `easgate-relay check` are, what they are given, and what they find. */
import type { Agent } from 'node:http'
import type { MailCheckStep } from '../mail/checkMail.ts'
import type { OpenConfig, Vault } from '../openSecrets.ts'
import type { CommandRunner } from '../powershell/commandRunner.ts'

/** `warning`: it works, and somebody should look at it all the same. `notTried`: an earlier step that it needs is bad. */
export type CheckState = 'good' | 'warning' | 'bad' | 'notTried'

/** `text` and `remedy` are one line each, for a person. Never secrets. */
export interface Finding {
  readonly state: CheckState
  readonly text: string
  readonly remedy?: string
}

export interface CheckResult extends Finding {
  readonly step: StepName
}

export type StepName =
  | 'configuration'
  | 'folder'
  | 'relay'
  | 'name'
  | 'port'
  | 'tls'
  | 'clock'
  | 'rendezvous'
  | 'powershell'
  | 'exchange'
  | 'permissions'
  | 'autodiscover'
  | 'ews'

export interface CheckStep {
  readonly name: StepName
  /** Tried only when these were good, or good enough. */
  readonly needs: readonly StepName[]
  readonly timeoutMs: number
  /** May throw: that is bad, too. Once `signal` is aborted nobody waits for it any more. */
  readonly run: (context: CheckContext, signal: AbortSignal) => Promise<Finding>
}

export interface CheckContext {
  readonly file: string
  readonly env: NodeJS.ProcessEnv
  readonly vaultFor: (stateDir: string) => Vault
  readonly installed: { readonly modulePath: string }
  /** A key with the right Send, for the way there and back. */
  readonly sendKey: { readonly keyName: string; readonly key: string } | undefined
  readonly now: () => number
  /** What steps leave for later ones. */
  readonly known: Partial<Known>
  /** What must be closed when all is over, last first. */
  readonly closers: (() => Promise<void> | void)[]
}

interface Known {
  config: OpenConfig
  network: Network
  exchange: CommandRunner
  mail: readonly MailCheckStep[]
}

/** The way to the namespace. `agent` is undefined where Node's own way is right. */
export interface Network {
  readonly agent: Agent | undefined
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  /** The proxy that leads to this host; undefined: none, or it is on the bypass list. */
  readonly proxy: string | undefined
}

/** What an earlier step left. A step that uses it names that step in `needs`. */
export function known<K extends keyof Known>({ known }: CheckContext, name: K): Known[K] {
  const value = known[name]
  if (value === undefined) throw new Error(`the step that learns of ${name} was not run`)
  return value
}

export function good(text: string): Finding {
  return { state: 'good', text }
}

export function bad(text: string, remedy?: string): Finding {
  return { state: 'bad', text, ...(remedy !== undefined && { remedy }) }
}

export function warning(text: string, remedy?: string): Finding {
  return { state: 'warning', text, ...(remedy !== undefined && { remedy }) }
}
