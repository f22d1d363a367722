/** `uninstall`: the relay no longer starts with Windows. Its configuration and key stay, unless --purge says otherwise. */
import { Command } from 'commander'
import path from 'node:path'
import { readConfig } from '../config.ts'
import { eventSource } from '../eventLog/openEventLog.ts'
import { defaultConfigFile } from './defaults.ts'
import { requireWindows } from './install.ts'
import { defaultName, forgetInstallation, readInstallation, type Installation } from './installation.ts'
import { removeService, removeXml } from './installService.ts'
import { print, UsageError } from './output.ts'
import { purge, type Purged } from './purge.ts'
import { outputOf, type Surroundings } from './surroundings.ts'

interface UninstallOptions {
  readonly config: string
  readonly name?: string
  readonly purge: boolean
  readonly yes: boolean
  readonly json?: boolean
}

export function uninstallCommand(surroundings: Surroundings): Command {
  return new Command('uninstall')
    .description('stops the relay and removes its task or service; needs an elevated prompt')
    .option('--config <file>', "the relay's configuration (JSON)", defaultConfigFile(surroundings))
    .option('--name <name>', 'of the task, where the configuration is gone and it was not the usual one')
    .option('--purge', 'also delete the configuration, the key and the state: a relay here is then a new one', false)
    .option('--yes', 'with --purge: do not ask', false)
    .option('--json', 'print the result as JSON')
    .action(async (options: UninstallOptions) => uninstall(options, surroundings))
}

async function uninstall(options: UninstallOptions, surroundings: Surroundings): Promise<void> {
  requireWindows('uninstall', surroundings)
  const config = path.resolve(options.config)
  // A configuration that is gone or broken must not keep anybody from removing the task.
  const stateDir = await readConfig(config).then(
    (read) => read.stateDir,
    () => undefined,
  )
  if (options.purge) await confirmPurge(options, config, surroundings)
  const found = await installationOf(options, stateDir)
  const removed = await remove(found, surroundings)
  if (stateDir !== undefined) await forgetInstallation(stateDir)
  const purged = options.purge ? await purge({ config, stateDir }) : undefined
  if (options.purge) await surroundings.windows('removeEventSource', { source: eventSource })
  const kept = purged ? purged.left : [config, ...(stateDir === undefined ? [] : [stateDir])]
  const { kind, name } = found
  print(outputOf(surroundings, options), { kind, name, removed, deleted: purged?.deleted ?? [], kept }, [
    removed ? `The ${kind} ${name} was stopped and removed.` : `There was no ${kind} ${name}.`,
    ...linesOf(purged, kept),
  ])
}

async function installationOf({ name }: UninstallOptions, stateDir: string | undefined): Promise<Installation> {
  const remembered = stateDir === undefined ? undefined : await readInstallation(stateDir)
  if (remembered && (name === undefined || name === remembered.name)) return remembered
  return { kind: 'task', name: name ?? defaultName, account: '' }
}

async function remove({ kind, name, winsw }: Installation, { windows }: Surroundings): Promise<boolean> {
  if (kind === 'task' || winsw === undefined) return (await windows('uninstallTask', { name }))['found'] === true
  const removed = await removeService(name, winsw, windows)
  await removeXml(winsw)
  return removed
}

async function confirmPurge({ yes }: UninstallOptions, config: string, { asker }: Surroundings): Promise<void> {
  if (yes) return
  if (!asker) throw new UsageError('--purge deletes the key of this relay for good; add --yes to say that you mean it')
  const question = `Delete ${config} and the key of this relay? An administrator has to approve a new one afterwards.`
  if (!(await asker.confirm(question, false))) throw new UsageError('--purge: not confirmed, nothing was done')
}

function linesOf(purged: Purged | undefined, kept: readonly string[]): string[] {
  const left = kept.map((file) => `kept: ${file}`)
  if (purged) return [...purged.deleted.map((file) => `deleted: ${file}`), ...left]
  return [...left, 'install brings it back with the same key; --purge deletes these, too.']
}
