/** What both ways to install have in common: the plan, its steps, and what comes before the task or the service. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { RelayConfig } from '../config.ts'
import { eventSource } from '../eventLog/openEventLog.ts'
import { restrictFolder } from '../windows/restrictFolder.ts'
import type { ServiceAccount } from '../windows/serviceAccount.ts'
import { WindowsFailure } from '../windows/windowsScript.ts'
import { defaultConfigFile } from './defaults.ts'
import { readDraft, writeDraft } from './draft.ts'
import { CommandFailure } from './output.ts'
import type { Surroundings } from './surroundings.ts'

export const description = 'Connects Exchange on this network to easgate.'

/** All paths are full. */
export interface InstallPlan {
  readonly name: string
  readonly node: string
  readonly program: string
  readonly config: string
  readonly account: ServiceAccount
  readonly password: string | undefined
  readonly starts: boolean
}

export interface InstallStep {
  /** As it is shown, done or not. Without secrets. */
  readonly what: string
  /** May throw a CommandFailure or a WindowsFailure. */
  readonly run: () => Promise<void>
}

/** Node's arguments. */
export function runArguments({ program, config }: InstallPlan): string[] {
  return [program, 'run', '--config', config]
}

/** Gives what was done or, in a dry run, what would be. Throws a CommandFailure that also names what was done before. */
export async function runSteps(steps: readonly InstallStep[], dryRun: boolean): Promise<string[]> {
  const done: string[] = []
  for (const { what, run } of steps) {
    if (!dryRun) await run().catch((error: unknown) => fail(what, done, error))
    done.push(what)
  }
  return done
}

function fail(what: string, done: readonly string[], error: unknown): never {
  if (!(error instanceof CommandFailure || error instanceof WindowsFailure)) throw error
  const elevate = error instanceof WindowsFailure && error.category === 'accessDenied'
  const remedy = elevate ? ' Start the command from an elevated prompt.' : ''
  const before =
    done.length === 0 ? 'Nothing was changed.' : `Done before: ${done.join('; ')}. Repair it and run install again.`
  throw new CommandFailure(`${what}: failed. ${error.message}${remedy}\n${before}`, { cause: error })
}

/*
 * folder                                                | what is done
 * of the configuration, if it is easgate's own          | closed; the account may read
 * of the state                                          | closed; the account may write
 * of the log: in the state folder                       | nothing more
 *             in easgate's own folder, or not there yet | closed; the account may write
 *             another one                               | nothing: others may use it, its access list is theirs
 */
export function prepareSteps(plan: InstallPlan, { stateDir, log }: RelayConfig, here: Surroundings): InstallStep[] {
  const name = plan.account.name
  const close = (folder: string, rights: 'read' | 'modify'): InstallStep => ({
    what: `Close ${folder} to all but SYSTEM, administrators and ${name} (${rights})`,
    run: async () => void (await restrictFolder({ folder, account: name, rights }, here.windows)),
  })
  const register: InstallStep = {
    what: `Register '${eventSource}' as a source of the event log Application`,
    run: async () => void (await here.windows('registerEventSource', { source: eventSource })),
  }
  const configFolder = path.dirname(plan.config)
  const isOwnFolder = plan.config === defaultConfigFile(here)
  const logFolder = log.file === undefined ? stateDir : path.dirname(log.file)
  const isOwnLog = (isOwnFolder && isWithin(logFolder, configFolder)) || !existsSync(logFolder)
  return [
    ...(log.file === undefined ? [setLogFile(plan.config, path.join(stateDir, 'log', 'relay.log'))] : []),
    ...(isOwnFolder ? [close(configFolder, 'read')] : []),
    close(stateDir, 'modify'),
    ...(isOwnLog && !isWithin(logFolder, stateDir) ? [close(logFolder, 'modify')] : []),
    ...(log.eventLog ? [register] : []),
  ]
}

/** What a task writes to standard error is lost, so a relay that starts by itself needs a file. */
function setLogFile(config: string, file: string): InstallStep {
  return {
    what: `Set log.file in ${config} to ${file}`,
    run: async () => {
      const draft = await readDraft(config)
      await writeDraft({ ...draft, log: { ...draft.log, file } }, config)
    },
  }
}

function isWithin(folder: string, parent: string): boolean {
  const relative = path.relative(parent, folder)
  return !relative.startsWith('..') && !path.isAbsolute(relative)
}
