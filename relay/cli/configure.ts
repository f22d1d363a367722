/** `configure`: how the relay reaches Exchange, who sends mails, which proxy. By options, or by questions where there is a terminal. */
import path from 'node:path'
import { Command } from 'commander'
import { checkDraft, ConfigError, type ConfigDraft } from '../config.ts'
import { applyAnswers, missingPlaces, setAt, withOption } from './applyAnswers.ts'
import { askSettings } from './askSettings.ts'
import { addSettingOptions, answersFrom, optionAt, type Answers } from './configureSettings.ts'
import { defaultConfigFile, defaultStateDir } from './defaults.ts'
import { describeDraft, withoutSecrets } from './describeDraft.ts'
import { nextSteps, readDraft, writeDraft } from './draft.ts'
import { CommandFailure, print, UsageError } from './output.ts'
import { readyVault } from './readyVault.ts'
import { storeSecret, type SecretGiven } from './storeSecret.ts'
import { outputOf, type Surroundings } from './surroundings.ts'

interface ConfigureOptions {
  readonly config: string
  readonly serviceAccount?: string
  readonly yes?: true
  readonly json?: true
  readonly [setting: string]: unknown
}

const help = `
With a terminal it asks for what no option says and offers what is configured already; with --yes, or without a terminal, it asks nothing.
A password is never an option: name the environment variable that holds it. On Windows its value is kept protected by DPAPI; elsewhere the
configuration names the variable, and the service must have it.

Example, unattended, on premises under a gMSA:
  easgate-relay configure --server ex01.contoso.com --mail-from easgate@contoso.com --parallel 4 --service-account CONTOSO\\svc-easgate$ --yes

Example, with accounts and a proxy (cmd):
  set EX_PW=…
  set PROXY_PW=…
  easgate-relay configure --server ex01.contoso.com --account CONTOSO\\easgate --account-password-env EX_PW --no-mail
    --proxy http://proxy.contoso.com:8080 --proxy-account easgate --proxy-account-password-env PROXY_PW --yes`

export function configureCommand(here: Surroundings): Command {
  const command = new Command('configure')
    .description('says how this relay reaches Exchange, who sends the mails, and which proxy is used')
    .option('--config <file>', 'the configuration to write; what is not asked for stays', defaultConfigFile(here))
  return addSettingOptions(command)
    .option(
      '--service-account <account>',
      'Windows: the account that the relay will run under; only it can open the secrets',
    )
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'print one JSON object; asks nothing')
    .addHelpText('after', help)
    .action(async (options: ConfigureOptions) => configure(options, here))
}

async function configure(options: ConfigureOptions, here: Surroundings): Promise<void> {
  const configFile = path.resolve(options.config)
  const before = await readDraft(configFile)
  const answers = answersFrom(options)
  const asks = here.asker !== undefined && !options.yes && !options.json
  if (asks) await askSettings(before, answers, here)
  const draft = applyAnswers(before, answers)
  checkAnswers(draft, answers)
  const secrets = [...answers].filter(([at, value]) => at.endsWith('.password') && value !== null)
  if (asks) await confirm(withPending(draft, secrets), here)
  const notes = await store(draft, secrets as Secret[], { configFile, options, here })
  await writeDraft(draft, configFile)
  const next = nextSteps(draft)
  print(outputOf(here, options), { config: configFile, settings: withoutSecrets(draft), notes, next }, [
    `Written: ${configFile}`,
    ...(asks ? [] : describeDraft(draft).map((line) => `  ${line}`)),
    ...notes,
    `Next: ${next.join(', then ')}.`,
  ])
}

/** Throws a UsageError with all that is missing, or all that is wrong. */
function checkAnswers(draft: ConfigDraft, answers: Answers): void {
  const missing = missingPlaces(draft, answers).map((at) => optionAt(at) ?? at)
  if (missing.length > 0)
    throw new UsageError(`missing: ${missing.join(', ')}; give them as options, or use a terminal`)
  try {
    checkDraft(
      withPending(
        draft,
        [...answers].filter(([at]) => at.endsWith('.password')),
      ),
      '',
    )
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new UsageError(error.problems.map(withOption).join('\n'), { cause: error })
  }
}

/** The draft with something in the places of passwords that are not stored yet. */
function withPending(draft: ConfigDraft, secrets: readonly (readonly [string, unknown])[]): ConfigDraft {
  const pending = structuredClone(draft)
  for (const [at, given] of secrets) {
    const isEnv = typeof given === 'object' && given !== null && 'env' in given
    if (given !== null) setAt(pending, at, isEnv ? given : { protected: 'pending' })
  }
  return pending
}

async function confirm(draft: ConfigDraft, { asker, writeError }: Surroundings): Promise<void> {
  writeError(`\n${describeDraft(draft).join('\n')}\n\n`)
  if (!(await asker?.confirm('Write this?', true))) throw new CommandFailure('nothing was written')
}

type Secret = readonly [at: string, given: SecretGiven]

interface Storing {
  readonly configFile: string
  readonly options: ConfigureOptions
  readonly here: Surroundings
}

/** Puts the references to the secrets into the draft, and the folder that they are tied to. Gives notes for the person. */
async function store(draft: ConfigDraft, secrets: readonly Secret[], storing: Storing): Promise<readonly string[]> {
  const { configFile, options, here } = storing
  const { serviceAccount } = options
  if (secrets.length === 0 && serviceAccount === undefined) return []
  // Protected secrets are tied to the folder, so from now on the configuration names it.
  if (here.platform === 'win32') draft.stateDir ??= defaultStateDir(here)
  const stateDir = path.resolve(path.dirname(configFile), draft.stateDir ?? defaultStateDir(here))
  const { vault, notes } = await readyVault({ configFile, stateDir, serviceAccount }, here)
  for (const [at, given] of secrets) {
    setAt(draft, at, await storeSecret(given, optionAt(at) ?? at, { vault, env: here.env }))
  }
  return notes
}
