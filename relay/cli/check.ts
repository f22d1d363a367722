/** `check`: tries everything that the relay needs, step by step, and says in one line each what is good or what to do. */
import { styleText } from 'node:util'
import { Command } from 'commander'
import { checkSteps } from '../check/checkSteps.ts'
import type { CheckContext, CheckResult, CheckState } from '../check/checkStep.ts'
import { exitCodeOf, runChecks } from '../check/runChecks.ts'
import { installed } from '../installed.ts'
import { vaultFor } from '../vault.ts'
import { defaultConfigFile } from './defaults.ts'
import { AnswerIsNo, UsageError } from './output.ts'
import type { Surroundings } from './surroundings.ts'

interface CheckOptions {
  readonly config: string
  readonly sendKeyName?: string
  readonly sendKeyEnv?: string
  readonly json?: boolean
}

export function checkCommand(surroundings: Surroundings): Command {
  return new Command('check')
    .description('tries everything that the relay needs, and says what is good or what to do')
    .option('--config <file>', "the relay's configuration (JSON)", defaultConfigFile())
    .option(
      '--send-key-name <rule>',
      'a rule of the hybrid connection with the right Send, to try a whole conversation',
    )
    .option('--send-key-env <name>', 'the environment variable that holds its key')
    .option('--json', 'print one JSON object')
    .addHelpText('after', epilogue)
    .action(async (options: CheckOptions) => check(options, surroundings))
}

const epilogue = `
Run it as the account of the service: secrets and Kerberos are that account's. Nothing is changed, nobody gets a mail, and relays that run
are not disturbed. Exit code 0: nothing is bad; 1: something is bad, so what needs it was not tried.`

async function check(options: CheckOptions, surroundings: Surroundings): Promise<void> {
  const { writeOut } = surroundings
  const isJson = options.json === true
  const isColoured = process.stdout.isTTY && (surroundings.env['NO_COLOR'] ?? '') === ''
  const onResult = (result: CheckResult): void => writeOut(`${lineOf(result, isColoured)}\n`)
  const results = await runChecks(checkSteps, contextOf(options, surroundings), isJson ? undefined : onResult)
  const isGood = exitCodeOf(results) === 0
  writeOut(isJson ? `${JSON.stringify({ ok: isGood, steps: results })}\n` : `${summaryOf(results)}\n`)
  if (!isGood) throw new AnswerIsNo()
}

function contextOf(options: CheckOptions, { env, platform, windows }: Surroundings): CheckContext {
  return {
    file: options.config,
    env,
    vaultFor: (stateDir) => vaultFor(stateDir, { platform, windows }),
    installed: installed(),
    sendKey: sendKeyOf(options, env),
    now: Date.now,
    known: {},
    closers: [],
  }
}

function sendKeyOf({ sendKeyName, sendKeyEnv }: CheckOptions, env: NodeJS.ProcessEnv): CheckContext['sendKey'] {
  if (sendKeyName === undefined && sendKeyEnv === undefined) return undefined
  if (sendKeyName === undefined)
    throw new UsageError('--send-key-env needs --send-key-name: the name of the rule that the key belongs to')
  if (sendKeyEnv === undefined)
    throw new UsageError('--send-key-name needs --send-key-env: the environment variable that holds the key')
  const key = env[sendKeyEnv] ?? ''
  if (key === '')
    throw new UsageError(
      `--send-key-env names ${sendKeyEnv}, which is not set: put the key of the rule ${sendKeyName} there`,
    )
  return { keyName: sendKeyName, key }
}

const words: Readonly<Record<CheckState, readonly [string, 'green' | 'yellow' | 'red' | 'gray']>> = {
  good: ['good', 'green'],
  warning: ['look', 'yellow'],
  bad: ['BAD', 'red'],
  notTried: ['-', 'gray'],
}

function lineOf({ step, state, text, remedy }: CheckResult, isColoured: boolean): string {
  const [word, colour] = words[state]
  const padded = word.padEnd(4)
  const shown = isColoured ? styleText(colour, padded) : padded
  return `${shown} ${step.padEnd(13)} ${text}${remedy === undefined ? '' : `${text.endsWith('.') ? '' : '.'} ${remedy}`}`
}

function summaryOf(results: readonly CheckResult[]): string {
  const count = (wanted: CheckState): number => results.filter(({ state }) => state === wanted).length
  const [bad, warnings, untried] = [count('bad'), count('warning'), count('notTried')]
  if (bad === 0) return warnings === 0 ? 'all is good' : `all is good but ${warnings} to look at`
  return `${bad} of ${results.length} steps bad${untried > 0 ? `, ${untried} not tried` : ''}`
}
