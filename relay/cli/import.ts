/** `import`: takes over what the original Exchange connector was set to, from its configuration file. */
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import { checkDraft, ConfigError, type ConfigDraft } from '../config.ts'
import { setAt, withOption } from './applyAnswers.ts'
import { defaultConfigFile } from './defaults.ts'
import { nextSteps, readDraft, writeDraft } from './draft.ts'
import { CommandFailure, print, UsageError } from './output.ts'
import type { NamedValue } from './readConnectorFile.ts'
import { outputOf, type Surroundings } from './surroundings.ts'
import { takeOver, type Taken, type TakenOver } from './takeOver.ts'
import { whyUnreadable } from './whyUnreadable.ts'

interface ImportOptions {
  readonly config: string
  readonly mailFrom?: string
  readonly dryRun?: true
  readonly json?: true
}

/** Of the file. The original has a few dozen lines. */
const limitBytes = 1_000_000

const help = `
Taken over: IsCasFailoverEnabled, EnableParallelCommandSupport (true becomes --parallel 4), ExchangeWebServiceURL, the address of the proxy.
The server, the accounts and their passwords are not in that file: easgate-relay configure asks for them. The file lies in
%ProgramData%\\Microsoft\\Windows Intune Exchange Connector.`

export function importCommand(here: Surroundings): Command {
  return new Command('import')
    .description('takes over the settings of the original Intune Exchange connector')
    .argument('<file>', 'its OnPremisesExchangeConnectorServiceConfiguration.xml')
    .option('--config <file>', 'the configuration to write; what else is in it stays', defaultConfigFile(here))
    .option(
      '--mail-from <address>',
      'mailbox of the notification account; ExchangeWebServiceURL is only of use with it',
    )
    .option('--dry-run', 'only say what would be taken over')
    .option('--json', 'print one JSON object')
    .addHelpText('after', help)
    .action(async (file: string, options: ImportOptions) => importFile(file, options, here))
}

async function importFile(file: string, options: ImportOptions, here: Surroundings): Promise<void> {
  const found = takeOver(await valuesOf(file))
  if (found.taken.length + found.left.length === 0) {
    throw new CommandFailure(
      `${file} has none of the settings that easgate knows of the original connector; is it the right file?`,
    )
  }
  const configFile = path.resolve(options.config)
  const draft = await readDraft(configFile)
  if (options.mailFrom !== undefined) setAt(draft, 'mail.from', options.mailFrom)
  const { taken, left } = withoutMail(found, draft)
  for (const { at, value } of taken) setAt(draft, at, value)
  checkOptions(draft)
  if (!options.dryRun) await writeDraft(draft, configFile)
  const next = nextSteps(draft)
  const done = { config: configFile, written: options.dryRun !== true, taken, left, unknown: found.unknown, next }
  print(outputOf(here, options), done, [
    ...section(
      'Taken over:',
      taken.map(({ at, value, from }) => `${at} = ${JSON.stringify(value)}  (${from})`),
    ),
    ...section('Not taken over:', left),
    ...section('Not known to easgate, not taken over:', found.unknown),
    'Server, accounts and passwords are not in that file.',
    options.dryRun ? 'Nothing was written.' : `Written: ${configFile}`,
    `Next: ${next.join(', then ')}.`,
  ])
}

/** Throws a CommandFailure that names the file. */
async function valuesOf(file: string): Promise<NamedValue[]> {
  try {
    const { size } = await stat(file)
    if (size > limitBytes) throw new CommandFailure(`it has ${size} bytes; the limit is ${limitBytes}`)
    const bytes = await readFile(file)
    // The parser is loaded by this command only.
    const { readConnectorFile } = await import('./readConnectorFile.ts')
    return readConnectorFile(bytes)
  } catch (cause) {
    const why = whyUnreadable(cause, file)
    throw new CommandFailure(`${file} cannot be imported: ${why}. Nothing was written.`, { cause })
  }
}

/** An address of Exchange Web Services without a mailbox that sends is no section that the relay could use. */
function withoutMail(
  { taken, left }: TakenOver,
  draft: ConfigDraft,
): { taken: readonly Taken[]; left: readonly string[] } {
  const ewsUrl = taken.find(({ at }) => at === 'mail.ewsUrl')
  if (!ewsUrl || draft.mail?.from !== undefined) return { taken, left }
  const remedy = `easgate-relay configure --mail-from <address> --ews-url ${String(ewsUrl.value)}`
  return {
    taken: taken.filter((one) => one !== ewsUrl),
    left: [...left, `${ewsUrl.from}: it needs the mailbox that sends; use --mail-from here, or ${remedy}`],
  }
}

function checkOptions(draft: ConfigDraft): void {
  try {
    checkDraft(draft, '')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new UsageError(error.problems.map(withOption).join('\n'), { cause: error })
  }
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)]
}
