/** The frame around the commands: help, wrong use, failures and exit codes, the same for all of them. */
import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config.ts'
import { installed } from '../installed.ts'
import { WindowsFailure } from '../windows/windowsScript.ts'
import { AnswerIsNo, CommandFailure, UsageError } from './output.ts'
import type { Surroundings } from './surroundings.ts'

const name = 'easgate-relay'

/*
 * what happened                                   | exit code | printed
 * the command did what it says                    | 0         | by the command
 * AnswerIsNo                                      | 1         | by the command
 * CommandFailure, ConfigError, WindowsFailure     | 1         | the message
 * UsageError, commander's own errors, no command  | 2         | the message and where to look
 * anything else: a fault of the program           | 1         | the stack
 *
 * Errors go to standard error; with --json, as one object to standard output.
 */
export async function runProgram(
  commands: readonly Command[],
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  try {
    await frame(commands, surroundings).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (error instanceof AnswerIsNo) return 1
    const failed = failureOf(error, helpLineFor(commands, args))
    if (args.includes('--json')) surroundings.writeOut(`${JSON.stringify({ error: failed.shown })}\n`)
    else surroundings.writeError(`${failed.text}\n`)
    return failed.exitCode
  }
}

function frame(commands: readonly Command[], { writeOut }: Surroundings): Command {
  const program = new Command(name)
    .description('connects Exchange on this network to easgate: set-up, checks and the relay itself')
    .version(installed().version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut, writeErr: () => {} })
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program))
  return program
}

interface Failed {
  readonly exitCode: number
  readonly text: string
  readonly shown: {
    readonly kind: 'usage' | 'failure' | 'fault'
    readonly message: string
    readonly problems?: unknown
  }
}

function failureOf(error: unknown, helpLine: string): Failed {
  if (error instanceof UsageError || error instanceof CommanderError) {
    const message = error instanceof UsageError ? error.message : usageMessage(error)
    return { exitCode: 2, text: `${message}\n${helpLine}`, shown: { kind: 'usage', message } }
  }
  if (error instanceof ConfigError) {
    const { message, problems } = error
    return { exitCode: 1, text: message, shown: { kind: 'failure', message, problems } }
  }
  const message = error instanceof Error ? error.message : String(error)
  const isExpected = error instanceof CommandFailure || error instanceof WindowsFailure
  if (isExpected) return { exitCode: 1, text: message, shown: { kind: 'failure', message } }
  const stack = error instanceof Error ? (error.stack ?? message) : message
  return { exitCode: 1, text: stack, shown: { kind: 'fault', message } }
}

function usageMessage({ code, message }: CommanderError): string {
  return code === 'commander.help' ? 'no command was given' : message.replace(/^error: /, '').replace(/\n\(/, ' (')
}

function helpLineFor(commands: readonly Command[], args: readonly string[]): string {
  const command = commands.find((one) => one.name() === args[0])
  return `See: ${[name, command?.name(), '--help'].filter(Boolean).join(' ')}`
}
