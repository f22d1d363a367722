/** `install`: the relay starts with Windows, as a scheduled task or as a service by the WinSW that the administrator brings. */
import { Command, InvalidArgumentError } from 'commander'
import { realpathSync } from 'node:fs'
import path from 'node:path'
import { readConfig } from '../config.ts'
import { serviceAccount, type ServiceAccount } from '../windows/serviceAccount.ts'
import { defaultConfigFile } from './defaults.ts'
import { defaultName, writeInstallation, type Installation } from './installation.ts'
import { serviceSteps } from './installService.ts'
import { prepareSteps, runSteps, type InstallPlan } from './installSteps.ts'
import { taskSteps } from './installTask.ts'
import { CommandFailure, print, UsageError } from './output.ts'
import { outputOf, type Surroundings } from './surroundings.ts'

interface InstallOptions {
  readonly config: string
  readonly serviceAccount?: string
  readonly serviceAccountPasswordEnv?: string
  readonly winsw?: string
  readonly name: string
  readonly start: boolean
  readonly dryRun: boolean
  readonly json?: boolean
}

/** `program`: the script that node runs at every start. */
export function installCommand(surroundings: Surroundings, program = process.argv[1] ?? ''): Command {
  return new Command('install')
    .description(
      'starts the relay with Windows: as a scheduled task, or as a service by WinSW; needs an elevated prompt',
    )
    .option('--config <file>', "the relay's configuration (JSON)", defaultConfigFile(surroundings))
    .option('--service-account <account>', 'DOMAIN\\name$ of a gMSA, DOMAIN\\name, or "NT AUTHORITY\\NETWORK SERVICE"')
    .option('--service-account-password-env <name>', 'environment variable with the password; not needed for a gMSA')
    .option('--winsw <file>', 'make it a service by this copy of WinSW 2, which is then not to be moved')
    .option('--name <name>', 'of the task or service', nameOf, defaultName)
    .option('--no-start', 'install only; it starts with the computer')
    .option('--dry-run', 'show what would be done, and do nothing', false)
    .option('--json', 'print the result as JSON')
    .action(async (options: InstallOptions) => install(options, surroundings, program))
}

async function install(options: InstallOptions, surroundings: Surroundings, program: string): Promise<void> {
  requireWindows('install', surroundings)
  const account = await accountFrom(options, surroundings)
  const config = await readConfig(options.config)
  const password = await passwordFrom(account, options, surroundings)
  const plan: InstallPlan = {
    name: options.name,
    node: process.execPath,
    program: realpathSync(program),
    config: path.resolve(options.config),
    account,
    password,
    starts: options.start,
  }
  const { winsw } = options
  const made = winsw ? await serviceSteps(plan, winsw, surroundings.windows) : taskSteps(plan, surroundings.windows)
  const installation: Installation = {
    kind: winsw ? 'service' : 'task',
    name: plan.name,
    account: account.name,
    ...(winsw && { winsw: path.resolve(winsw) }),
  }
  const remember = {
    what: `Remember in ${config.stateDir} what uninstall has to undo`,
    run: async () => writeInstallation(config.stateDir, installation),
  }
  const steps = [...prepareSteps(plan, config, surroundings), remember, ...made]
  const done = await runSteps(steps, options.dryRun)
  const { dryRun } = options
  const warnings = warningsOf(plan, surroundings)
  const last = dryRun ? 'Nothing was done.' : `Look with: easgate-relay status --config "${plan.config}"`
  print(
    outputOf(surroundings, options),
    { ...installation, dryRun, started: plan.starts && !dryRun, steps: done, warnings },
    [
      ...done.map((step) => (dryRun ? `would: ${step}` : `done: ${step}`)),
      ...warnings.map((warning) => `note: ${warning}`),
      last,
    ],
  )
}

export function requireWindows(command: string, { platform }: Surroundings): void {
  if (platform === 'win32') return
  throw new CommandFailure(
    `${command} is for Windows, and this system is ${platform}. The relay works with Exchange on Windows only; ` +
      'for a trial here, let the service manager of this system run: easgate-relay run --config FILE',
  )
}

async function accountFrom(options: InstallOptions, { asker }: Surroundings): Promise<ServiceAccount> {
  const problem = (name: string) =>
    serviceAccount(name) ? undefined : 'write it as DOMAIN\\name; a group managed service account ends in $'
  const question = 'Account that the relay runs as (a gMSA ends in $)'
  if (options.serviceAccount === undefined && !asker) {
    throw new UsageError('--service-account is missing: the account that the relay runs as, best a gMSA: DOMAIN\\name$')
  }
  const name = options.serviceAccount ?? (await asker?.text(question, '', problem)) ?? ''
  const account = serviceAccount(name)
  if (!account) throw new UsageError(`--service-account "${name}" is no account: ${problem(name)}`)
  if (options.winsw && account.needsPassword) {
    throw new UsageError(
      '--service-account needs a password, which WinSW would keep in a file in clear. Use a gMSA (DOMAIN\\name$), or ' +
        'leave out --winsw: for a scheduled task, Windows keeps the password.',
    )
  }
  return account
}

async function passwordFrom(
  { name, needsPassword }: ServiceAccount,
  { serviceAccountPasswordEnv: variable, dryRun }: InstallOptions,
  { env, asker }: Surroundings,
): Promise<string | undefined> {
  if (!needsPassword || dryRun) return undefined
  if (variable !== undefined) {
    const password = env[variable]
    if (password) return password
    throw new UsageError(`--service-account-password-env: the environment variable ${variable} is not set`)
  }
  if (asker) return asker.secret(`Password of ${name}`)
  throw new UsageError(
    `${name} has a password: name the environment variable that holds it with --service-account-password-env`,
  )
}

function warningsOf({ account, program }: InstallPlan, { env }: Surroundings): string[] {
  const warnings: string[] = []
  if (!isUnder(program, [env['ProgramFiles'], env['ProgramFiles(x86)']])) {
    warnings.push(
      `see to it that only administrators can write to ${path.dirname(program)}: who can, decides what runs`,
    )
  }
  if (account.needsPassword) {
    warnings.push('when the password of the account changes, run install again; a gMSA has no password to look after')
  }
  return warnings
}

function isUnder(file: string, folders: readonly (string | undefined)[]): boolean {
  return folders.some((folder) => folder && file.toLowerCase().startsWith(`${folder.toLowerCase()}${path.sep}`))
}

function nameOf(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) return name
  throw new InvalidArgumentError('it may have letters, digits, - and _')
}
