#!/usr/bin/env node
/** The relay's program, as a table of contents: each command is a file of cli/. */
import { checkCommand } from './cli/check.ts'
import { configureCommand } from './cli/configure.ts'
import { importCommand } from './cli/import.ts'
import { installCommand } from './cli/install.ts'
import { joinCommand } from './cli/join.ts'
import { runProgram } from './cli/program.ts'
import { terminalAsker } from './cli/prompt.ts'
import { runCommand } from './cli/run.ts'
import { statusCommand } from './cli/status.ts'
import { processSurroundings } from './cli/surroundings.ts'
import { uninstallCommand } from './cli/uninstall.ts'

// Questions go to standard error: standard output is for answers.
const { stdin: input, stderr: output } = process
const here = processSurroundings(input.isTTY && output.isTTY ? terminalAsker({ input, output }) : undefined)

const commands = [
  joinCommand(here),
  importCommand(here),
  configureCommand(here),
  checkCommand(here),
  runCommand(here),
  installCommand(here),
  uninstallCommand(here),
  statusCommand(here),
]

process.exitCode = await runProgram(commands, process.argv.slice(2), here)
