import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../relay/config.ts'
import type { Asker } from '../../relay/cli/prompt.ts'
import { commandLine } from '../../relay/windows/commandLine.ts'
import { isSameAccount, serviceAccount } from '../../relay/windows/serviceAccount.ts'
import { newFolder } from './startRelay.ts'
import { computer, program } from './windowsComputer.ts'

const gmsa = 'CONTOSO\\easgate$'
const password = 'pa"ss wörd'

const never = async (): Promise<never> => Promise.reject(new Error('nobody was to be asked this'))
const person = (answers: Partial<Asker>): Asker => ({
  text: never,
  secret: never,
  confirm: never,
  choose: never,
  ...answers,
})

describe('as a scheduled task', () => {
  test('install closes the folder, registers the event source and the task, starts it, and remembers that', async () => {
    const here = computer()
    const { exitCode, stdout, stderr } = await here.easgate('install', '--service-account', gmsa)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const { tasks, folders, sources } = here.state()
    expect(folders).toEqual([{ folder: here.stateDir, account: gmsa, rights: 'modify' }])
    expect(sources).toEqual(['easgate relay'])
    expect(tasks).toEqual({
      'easgate-relay': {
        description: 'Connects Exchange on this network to easgate.',
        executable: process.execPath,
        arguments: commandLine([program, 'run', '--config', here.config]),
        folder: path.dirname(program),
        account: gmsa,
        logon: 'Password',
        start: true,
      },
    })
    expect(stdout.split('\n').filter((line) => line.startsWith('done: '))).toHaveLength(4)
    expect(stdout).toContain(`easgate-relay status --config "${here.config}"`)
    expect(stdout).not.toContain('note:')
  })

  test('a dry run shows each step and does none', async () => {
    const here = computer()
    const { exitCode, stdout } = await here.easgate('install', '--service-account', gmsa, '--dry-run')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(
      /^would: Close .*\nwould: Register 'easgate relay'.*\nwould: Remember .*\nwould: Register the task/,
    )
    expect(stdout).toContain('Nothing was done.')
    expect(here.state().calls).toEqual([])
    expect(readdirSync(here.stateDir)).toEqual([])
  })

  test('--json is one object with what was done', async () => {
    const here = computer()
    const { stdout } = await here.easgate(
      'install',
      '--service-account',
      gmsa,
      '--name',
      'relay-2',
      '--no-start',
      '--json',
    )
    expect(JSON.parse(stdout)).toEqual({
      kind: 'task',
      name: 'relay-2',
      account: gmsa,
      dryRun: false,
      started: false,
      steps: expect.arrayContaining([expect.stringContaining('Register the task relay-2')]),
      warnings: [],
    })
    expect(here.state().tasks['relay-2']).toMatchObject({ start: false })
  })

  test('an account with a password: from the variable that is named, to Windows alone', async () => {
    const here = computer({ env: { ACCOUNT_PASSWORD: password } })
    const given = ['--service-account', 'CONTOSO\\svc', '--service-account-password-env', 'ACCOUNT_PASSWORD']
    const { exitCode, stdout } = await here.easgate('install', ...given)
    expect(exitCode).toBe(0)
    expect(here.state().tasks['easgate-relay']).toMatchObject({ account: 'CONTOSO\\svc', secret: password })
    expect(stdout).not.toContain(password)
    expect(stdout).toContain('note: when the password of the account changes')
    for (const name of readdirSync(here.stateDir))
      expect(readFileSync(path.join(here.stateDir, name), 'utf8')).not.toContain(password)
  })

  test('at a terminal, the account and its password are asked for', async () => {
    const asker = person({ text: async () => 'CONTOSO\\svc', secret: async () => password })
    const here = computer({ asker })
    expect((await here.easgate('install')).exitCode).toBe(0)
    expect(here.state().tasks['easgate-relay']).toMatchObject({ account: 'CONTOSO\\svc', secret: password })
  })

  test('for a gMSA and for accounts of Windows no password is asked for', async () => {
    const here = computer({ asker: person({}) })
    expect((await here.easgate('install', '--service-account', 'Network Service')).exitCode).toBe(0)
    expect(here.state().tasks['easgate-relay']).toMatchObject({
      account: 'NT AUTHORITY\\NETWORK SERVICE',
      logon: 'ServiceAccount',
    })
  })

  test.each([
    [0x8007_0569, 'Log on as a batch job'],
    [0x8007_052e, 'Test-ADServiceAccount'],
    [1, 'easgate-relay check'],
  ])('a task that does not run (result %i) is a failure that says why', async (result, text) => {
    const here = computer({ taskResult: result })
    const { exitCode, stderr } = await here.easgate('install', '--service-account', gmsa)
    expect(exitCode).toBe(1)
    expect(stderr).toContain(text)
    expect(stderr).toContain('registered but does not run')
  })

  test('without the right to do it, the step that failed is named, with what was done before', async () => {
    const here = computer({ denied: 'registerEventSource' })
    const { exitCode, stderr } = await here.easgate('install', '--service-account', gmsa)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(
      /^Register 'easgate relay'.*: failed\. Access is denied\. Start the command from an elevated prompt\./,
    )
    expect(stderr).toContain(`Done before: Close ${here.stateDir}`)
    expect(here.state().tasks).toEqual({})
  })

  test('without log.file one is set: what a task writes to standard error is lost', async () => {
    const here = computer({ log: { file: undefined, level: 'warn' } })
    const { stdout } = await here.easgate('install', '--service-account', gmsa)
    const file = path.join(here.stateDir, 'log', 'relay.log')
    expect(stdout).toContain(`done: Set log.file in ${here.config} to ${file}`)
    expect((await readConfig(here.config)).log).toMatchObject({ file, level: 'warn' })
  })

  test('a program that others could change is pointed out', async () => {
    const here = computer({ env: { ProgramFiles: '/elsewhere' } })
    const { stdout } = await here.easgate('install', '--service-account', gmsa)
    expect(stdout).toContain(`note: see to it that only administrators can write to ${path.dirname(program)}`)
  })

  test('a folder for the log that is not there yet is made and closed; one that is there is left alone', async () => {
    const there = newFolder()
    const toBe = path.join(newFolder(), 'logs')
    for (const logFolder of [there, toBe]) {
      const here = computer({ log: { file: path.join(logFolder, 'relay.log') } })
      await here.easgate('install', '--service-account', gmsa)
      const closed = here.state().folders.map(({ folder }) => folder)
      expect(closed).toEqual([here.stateDir, ...(logFolder === toBe ? [toBe] : [])])
    }
  })
})

describe('as a service by WinSW', () => {
  test('install writes its file without a password, installs and starts the service', async () => {
    const here = computer()
    const { exitCode, stderr } = await here.easgate('install', '--service-account', gmsa, '--winsw', here.winsw)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const xml = readFileSync(path.join(path.dirname(here.winsw), 'WinSW.xml'), 'utf8')
    expect(xml).toContain('<user>easgate$</user>')
    expect(xml).toContain('<domain>CONTOSO</domain>')
    expect(xml).toContain(`<executable>${process.execPath}</executable>`)
    expect(xml).toContain(`run --config ${here.config}</arguments>`)
    expect(xml).toContain('<onfailure action="restart"')
    expect(xml).not.toContain('password')
    expect(here.state().services).toEqual({ 'easgate-relay': { state: 'Running', account: gmsa } })
    expect(here.state().calls.filter((call) => call.startsWith('WinSW'))).toEqual(['WinSW install', 'WinSW start'])
  })

  test('installed once more, the service is replaced', async () => {
    const here = computer()
    for (let count = 0; count < 2; count += 1)
      expect((await here.easgate('install', '--service-account', gmsa, '--winsw', here.winsw)).exitCode).toBe(0)
    const calls = here.state().calls.filter((call) => call.startsWith('WinSW'))
    expect(calls).toEqual(['install', 'start', 'stop', 'uninstall', 'install', 'start'].map((call) => `WinSW ${call}`))
  })

  test('an account with a password is refused: WinSW would keep it in clear', async () => {
    const here = computer({ env: { ACCOUNT_PASSWORD: password } })
    const given = ['--service-account', 'CONTOSO\\svc', '--service-account-password-env', 'ACCOUNT_PASSWORD']
    const { exitCode, stderr } = await here.easgate('install', ...given, '--winsw', here.winsw)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--service-account needs a password, which WinSW would keep in a file in clear')
    expect(here.state().calls).toEqual([])
  })

  test('a service that would run as another account is removed again', async () => {
    const here = computer({ isWinsw3: true })
    const { exitCode, stderr } = await here.easgate('install', '--service-account', gmsa, '--winsw', here.winsw)
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`would run as LocalSystem instead of ${gmsa}, so it was removed again`)
    expect(here.state().services).toEqual({})
  })

  test('what WinSW says of a failure is passed on', async () => {
    const here = computer({ denied: 'install' })
    const { exitCode, stderr } = await here.easgate('install', '--service-account', gmsa, '--winsw', here.winsw)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('WinSW.exe install failed: 2026-11-21 20:00:00 FATAL - Access is denied.')
  })
})

describe('uninstall', () => {
  test('stops and removes the task, and says what stays', async () => {
    const here = computer()
    await here.easgate('install', '--service-account', gmsa, '--name', 'relay-2')
    const { exitCode, stdout } = await here.easgate('uninstall')
    expect(exitCode).toBe(0)
    expect(here.state().tasks).toEqual({})
    expect(stdout).toBe(
      `The task relay-2 was stopped and removed.\nkept: ${here.config}\nkept: ${here.stateDir}\n` +
        'install brings it back with the same key; --purge deletes these, too.\n',
    )
    expect(here.state().sources).toEqual(['easgate relay'])
  })

  test('removes a service by the WinSW that installed it, and its file', async () => {
    const here = computer()
    await here.easgate('install', '--service-account', gmsa, '--winsw', here.winsw)
    expect((await here.easgate('uninstall')).stdout).toContain('The service easgate-relay was stopped and removed.')
    expect(here.state().services).toEqual({})
    expect(readdirSync(path.dirname(here.winsw))).toEqual(['WinSW.exe'])
  })

  test('works, and says so, when nothing is installed or the configuration is gone', async () => {
    const here = computer()
    expect((await here.easgate('uninstall', '--json')).stdout).toContain('"removed":false')
    writeFileSync(here.config, 'broken')
    const { exitCode, stdout } = await here.easgate('uninstall', '--name', 'relay-2')
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('There was no task relay-2.'),
    })
  })

  test('--purge deletes what is the relay’s own and nothing else', async () => {
    const here = computer()
    await here.easgate('install', '--service-account', gmsa)
    for (const name of [
      'relay.key.json',
      'relay.json',
      'status.json',
      'status.json.new',
      'relay.entropy',
      'taxes.xlsx',
    ])
      writeFileSync(path.join(here.stateDir, name), 'x')
    const { exitCode, stdout } = await here.easgate('uninstall', '--purge', '--yes')
    expect(exitCode).toBe(0)
    expect(readdirSync(here.stateDir)).toEqual(['taxes.xlsx'])
    expect(existsSync(here.config)).toBe(false)
    expect(here.state().sources).toEqual([])
    expect(stdout).toContain(`kept: ${path.join(here.stateDir, 'taxes.xlsx')}`)
    expect(stdout).toContain(`deleted: ${path.join(here.stateDir, 'relay.key.json')}`)
  })

  test('--purge asks first; without a terminal it wants --yes', async () => {
    const alone = computer()
    expect(await alone.easgate('uninstall', '--purge')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--yes'),
    })
    const here = computer({ asker: person({ confirm: async () => false }) })
    expect((await here.easgate('uninstall', '--purge')).exitCode).toBe(2)
    expect(existsSync(here.config)).toBe(true)
    expect([...alone.state().calls, ...here.state().calls]).toEqual([])
  })
})

describe('wrong use', () => {
  test.each(['install', 'uninstall'])('%s says plainly that this is not Windows', async (command) => {
    const here = computer({ platform: 'linux' })
    const { exitCode, stderr } = await here.easgate(
      command,
      ...(command === 'install' ? ['--service-account', gmsa] : []),
    )
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`${command} is for Windows, and this system is linux.`)
  })

  test.each([
    [[], '--service-account is missing'],
    [['--service-account', 'easgate'], '--service-account "easgate" is no account'],
    [['--service-account', 'CONTOSO\\svc'], '--service-account-password-env'],
    [['--service-account', 'CONTOSO\\svc', '--service-account-password-env', 'NOT_SET'], 'NOT_SET is not set'],
    [['--service-account', gmsa, '--name', 'a b'], 'letters, digits'],
    [['--service-account', gmsa, '--winsw', 'C:\\nowhere\\WinSW.exe'], 'is not there'],
  ])('install %j without a terminal names the option', async (args, text) => {
    const here = computer()
    const { exitCode, stderr } = await here.easgate('install', ...args)
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(text) })
    expect(here.state().calls).toEqual([])
  })
})

test.each([
  ['CONTOSO\\easgate$', 'CONTOSO\\easgate$', 'Password', false],
  ['CONTOSO\\easgate', 'CONTOSO\\easgate', 'Password', true],
  ['svc easgate@contoso.com', undefined, undefined, undefined],
  ['svc@contoso.com', 'svc@contoso.com', 'Password', true],
  ['system', 'NT AUTHORITY\\SYSTEM', 'ServiceAccount', false],
  ['NT AUTHORITY\\NetworkService', 'NT AUTHORITY\\NETWORK SERVICE', 'ServiceAccount', false],
  ['easgate', undefined, undefined, undefined],
  ['CONTOSO\\a\\b', undefined, undefined, undefined],
  ['CONTOSO\\a"b', undefined, undefined, undefined],
])('the account %s is %s, logon %s, password %s', (text, name, logon, needsPassword) => {
  expect(serviceAccount(text)).toEqual(name && { name, logon, needsPassword })
})

test('accounts are compared as Windows writes them', () => {
  expect(isSameAccount('contoso\\EASGATE$', gmsa)).toBe(true)
  expect(isSameAccount('LocalSystem', 'NT AUTHORITY\\SYSTEM')).toBe(true)
  expect(isSameAccount('NT AUTHORITY\\NetworkService', 'NT AUTHORITY\\NETWORK SERVICE')).toBe(true)
  expect(isSameAccount('LocalSystem', gmsa)).toBe(false)
})

test.each([
  [['C:\\easgate\\relay.mjs', 'run'], 'C:\\easgate\\relay.mjs run'],
  [['C:\\Program Files\\x.mjs'], '"C:\\Program Files\\x.mjs"'],
  [['C:\\with space\\'], '"C:\\with space\\\\"'],
  [['a "quoted" one'], '"a \\"quoted\\" one"'],
  [['ends \\" so'], '"ends \\\\\\" so"'],
  [[''], '""'],
])('%j is the command line %s', (args, line) => {
  expect(commandLine(args)).toBe(line)
})
