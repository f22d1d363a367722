/** A Windows computer for install and uninstall: what Invoke-EasgateWindows.ps1 would do is done to a file, which a WinSW of its own shares. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { newKeyPair } from '../../protocol/signing.ts'
import { installCommand } from '../../relay/cli/install.ts'
import { runProgram } from '../../relay/cli/program.ts'
import type { Asker } from '../../relay/cli/prompt.ts'
import type { Surroundings } from '../../relay/cli/surroundings.ts'
import { uninstallCommand } from '../../relay/cli/uninstall.ts'
import { WindowsFailure, type WindowsScript } from '../../relay/windows/windowsScript.ts'
import { newFolder } from './startRelay.ts'

const winswFixture = fileURLToPath(new URL('fixtures/winsw.mjs', import.meta.url))
/** Stands for easgate-relay.mjs. */
export const program = fileURLToPath(import.meta.url)

type Input = Readonly<Record<string, unknown>>

export interface WindowsState {
  readonly tasks: Record<string, Input>
  readonly services: Record<string, Input>
  sources: unknown[]
  readonly folders: Input[]
  readonly calls: string[]
}

export interface Computer {
  readonly config: string
  readonly stateDir: string
  readonly winsw: string
  readonly state: () => WindowsState
  /** The relay's program with this --config. */
  readonly easgate: (...args: readonly string[]) => Promise<{ exitCode: number; stdout: string; stderr: string }>
}

export interface ComputerSettings {
  readonly platform?: string
  readonly env?: NodeJS.ProcessEnv
  readonly asker?: Asker
  readonly log?: object
  /** An operation of the script or a command of WinSW for which the rights are missing. */
  readonly denied?: string
  /** What the task's last run ended with; 0: it runs. */
  readonly taskResult?: number
  /** WinSW of a version that reads the account in another way. */
  readonly isWinsw3?: boolean
}

export function computer(settings: ComputerSettings = {}): Computer {
  const { platform = 'win32', asker } = settings
  const folder = newFolder()
  const stateFile = path.join(folder, 'windows.json')
  writeFileSync(stateFile, JSON.stringify({ tasks: {}, services: {}, sources: [], folders: [], calls: [] }))
  const stateDir = path.join(folder, 'state')
  const config = writeConfiguration(folder, stateDir, settings.log)
  const state = () => JSON.parse(readFileSync(stateFile, 'utf8')) as WindowsState
  const windows: WindowsScript = async (operation, input) => {
    const now = state()
    now.calls.push(operation)
    if (operation === settings.denied) throw new WindowsFailure('accessDenied', 'Access is denied.')
    const answer = operate(now, operation, input as Input, settings.taskResult ?? 0)
    writeFileSync(stateFile, JSON.stringify(now))
    return answer
  }
  const easgate = async (...args: readonly string[]) => {
    const said = { stdout: '', stderr: '' }
    const surroundings: Surroundings = {
      env: { ProgramFiles: path.dirname(program), ...settings.env },
      platform,
      asker,
      writeOut: (text) => (said.stdout += text),
      writeError: (text) => (said.stderr += text),
      windows,
    }
    const commands = [installCommand(surroundings, program), uninstallCommand(surroundings)]
    const exitCode = await runProgram(commands, [...args, '--config', config], surroundings)
    return { exitCode, ...said }
  }
  return { config, stateDir, winsw: writeWinsw(folder, stateFile, settings), state, easgate }
}

function operate(state: WindowsState, operation: string, input: Input, taskResult: number): Input {
  const { name: given, source, ...rest } = input
  const name = String(given)
  const hasSource = state.sources.includes(source)
  switch (operation) {
    case 'restrictFolder':
      state.folders.push(input)
      return { movedAside: [] }
    case 'registerEventSource':
      if (!hasSource) state.sources.push(source)
      return { isNew: !hasSource }
    case 'removeEventSource':
      state.sources = state.sources.filter((one) => one !== source)
      return { found: hasSource }
    case 'installTask':
      state.tasks[name] = rest
      return { found: true, state: rest['start'] && taskResult === 0 ? 'Running' : 'Ready', lastResult: taskResult }
    case 'uninstallTask': {
      const found = name in state.tasks
      delete state.tasks[name]
      return { found }
    }
    case 'serviceState':
      return name in state.services ? { found: true, ...state.services[name] } : { found: false }
    default:
      throw new WindowsFailure('badInput', `no operation ${operation}`)
  }
}

function writeConfiguration(folder: string, stateDir: string, log: object = {}): string {
  mkdirSync(stateDir)
  const config = path.join(folder, 'relay.json')
  const address = 'wss://contoso.servicebus.windows.net/$hc/x'
  writeFileSync(
    config,
    JSON.stringify({
      connectorId: 'contoso',
      rendezvous: { address, keyName: 'listen', key: { env: 'KEY' } },
      cloudKeys: [newKeyPair().publicKey],
      stateDir,
      connection: { server: 'ex01.contoso.com' },
      log: { file: path.join(stateDir, 'log', 'relay.log'), ...log },
    }),
  )
  return config
}

function writeWinsw(folder: string, stateFile: string, { denied = '', isWinsw3 = false }: ComputerSettings): string {
  const winsw = path.join(folder, 'winsw', 'WinSW.exe')
  mkdirSync(path.dirname(winsw))
  const variables = `FIXTURE_STATE='${stateFile}' FIXTURE_DENIED='${denied}' FIXTURE_WINSW3='${isWinsw3 ? '1' : ''}'`
  const call = `exec '${process.execPath}' '${winswFixture}' "$0" "$@"`
  writeFileSync(winsw, `#!/bin/sh\nexport ${variables}\n${call}\n`, { mode: 0o700 })
  return winsw
}
