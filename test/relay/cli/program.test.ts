import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { CommandFailure } from '../../../relay/cli/output.ts'
import { runProgram } from '../../../relay/cli/program.ts'
import { installed } from '../../../relay/installed.ts'
import { commandLine, commandsOf, newFolder, surroundings } from './commandLine.ts'

const commands = ['join', 'import', 'configure', 'run']

test('--help lists the commands, and --version says the version', async () => {
  const { exitCode, stdout, stderr } = await commandLine(['--help'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
  expect(await commandLine(['--version'])).toEqual({ exitCode: 0, stdout: `${installed().version}\n`, stderr: '' })
})

test.each(commands)(
  '%s --help says what the command does, and every option has a line that says what it is for',
  async (command) => {
    const { exitCode, stdout } = await commandLine([command, '--help'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`Usage: easgate-relay ${command}`)
    expect(stdout).toMatch(/^ {2}--config <file> +\S/m)
    expect(stdout).toMatch(/^ {2}--json +\S/m)
    const options = commandsOf(surroundings()).find((one) => one.name() === command)?.options ?? []
    expect(options.filter(({ description }) => description === '').map(({ flags }) => flags)).toEqual([])
  },
)

test.each([
  [[], 'no command was given', 'easgate-relay --help'],
  [['jion'], "unknown command 'jion' (Did you mean join?)", 'easgate-relay --help'],
  [['--frob'], "unknown option '--frob'", 'easgate-relay --help'],
  [['join'], "missing required argument 'file'", 'easgate-relay join --help'],
  [['join', 'a', 'b'], /too many arguments/, 'easgate-relay join --help'],
  [
    ['join', 'a', '--stat-dir', 'x'],
    "unknown option '--stat-dir' (Did you mean --state-dir?)",
    'easgate-relay join --help',
  ],
  [['import', 'a', '--config'], "option '--config <file>' argument missing", 'easgate-relay import --help'],
])('%j is wrong use: exit code 2, what is wrong, and where to look', async (args, message, see) => {
  const { exitCode, stdout, stderr } = await commandLine(args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  const [first = '', last = ''] = stderr.trimEnd().split('\n')
  if (typeof message === 'string') expect(first).toBe(message)
  else expect(first).toMatch(message)
  expect(last).toBe(`See: ${see}`)
})

test('with --json wrong use and failure are one object on standard output', async () => {
  const usage = await commandLine(['join', '--json'])
  expect(usage).toMatchObject({ exitCode: 2, stderr: '' })
  expect(JSON.parse(usage.stdout)).toEqual({ error: { kind: 'usage', message: "missing required argument 'file'" } })
  const failure = await commandLine(['run', '--config', '/nowhere/relay.json', '--json'])
  expect(failure.exitCode).toBe(1)
  expect(JSON.parse(failure.stdout)).toMatchObject({ error: { kind: 'failure', problems: [expect.any(String)] } })
})

test('run names all problems of its configuration, with exit code 1 and without a stack', async () => {
  const file = path.join(newFolder(), 'relay.json')
  writeFileSync(file, '{"stateDir": 5}')
  const { exitCode, stderr } = await commandLine(['run', '--config', file])
  expect(exitCode).toBe(1)
  for (const property of ['connectorId', 'rendezvous', 'cloudKeys', 'stateDir', 'connection']) {
    expect(stderr).toMatch(new RegExp(`^- ${property}: .*;`, 'm'))
  }
  expect(stderr).not.toMatch(/^ +at /m)
})

test.each([
  ['a failure that is foreseen', new CommandFailure('it said no'), /^it said no\n$/],
  ['a fault of the program', new Error('a bug'), /^Error: a bug\n +at /],
])('%s ends with exit code 1', async (_what, error, text) => {
  const said = { stdout: '', stderr: '' }
  const here = surroundings({}, said)
  const fails = new Command('fails').action(async () => Promise.reject(error))
  expect(await runProgram([fails], ['fails'], here)).toBe(1)
  expect(said.stderr).toMatch(text)
})
