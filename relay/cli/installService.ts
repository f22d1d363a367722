/** The relay as a Windows service by WinSW 2, which the administrator brings: its file is written beside it, without any password. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import * as z from 'zod'
import { isSameAccount } from '../windows/serviceAccount.ts'
import type { WindowsScript } from '../windows/windowsScript.ts'
import { winswXml } from '../windows/winswXml.ts'
import { description, runArguments, type InstallPlan, type InstallStep } from './installSteps.ts'
import { CommandFailure, UsageError } from './output.ts'

const serviceState = z.object({ found: z.boolean(), state: z.string().optional(), account: z.string().optional() })
const winswMs = 90_000

/** Throws a UsageError when there is no such WinSW, or when it would misread a path. */
export async function serviceSteps(
  plan: InstallPlan,
  winswFile: string,
  windows: WindowsScript,
): Promise<InstallStep[]> {
  const winsw = path.resolve(winswFile)
  if (!existsSync(winsw)) throw new UsageError(`--winsw: ${winsw} is not there; get WinSW 2.12 and name its file`)
  const { name, node, program, account, starts } = plan
  const args = runArguments(plan)
  const strange = [node, ...args].find((text) => text.includes('%'))
  if (strange !== undefined)
    throw new UsageError(`--winsw: WinSW would replace the %...% in ${strange}; use other names`)
  const xml = winswXml({ name, description, node, args, folder: path.dirname(program), account: account.name })
  const start = { what: `Start the service ${name}`, run: async () => callWinsw(winsw, 'start') }
  return [
    { what: `Write ${xmlFileOf(winsw)}`, run: async () => writeFile(xmlFileOf(winsw), xml) },
    {
      what: `Install the service ${name} as ${account.name} by ${winsw}`,
      run: async () => {
        await replaceService(name, winsw, windows)
        await checkAccount(plan, winsw, windows)
      },
    },
    ...(starts ? [start] : []),
  ]
}

/** WinSW reads the file of its own name beside it. */
export function xmlFileOf(winsw: string): string {
  return `${winsw.replace(/\.exe$/i, '')}.xml`
}

/** Stops and removes the service. WinSW needs its file for that. */
export async function removeService(name: string, winsw: string, windows: WindowsScript): Promise<boolean> {
  const { found, state } = serviceState.parse(await windows('serviceState', { name }))
  if (!found) return false
  if (state !== 'Stopped') await callWinsw(winsw, 'stop')
  await callWinsw(winsw, 'uninstall')
  return true
}

export async function removeXml(winsw: string): Promise<void> {
  await rm(xmlFileOf(winsw), { force: true })
}

async function replaceService(name: string, winsw: string, windows: WindowsScript): Promise<void> {
  await removeService(name, winsw, windows)
  await callWinsw(winsw, 'install')
}

/** A WinSW of another version reads the account in another way and would leave the service to LocalSystem, which may do anything here. */
async function checkAccount({ name, account }: InstallPlan, winsw: string, windows: WindowsScript): Promise<void> {
  const { found, account: actual = 'nobody' } = serviceState.parse(await windows('serviceState', { name }))
  if (!found) throw new CommandFailure(`${winsw} said nothing, but there is no service ${name}; is it WinSW 2?`)
  if (isSameAccount(actual, account.name)) return
  await callWinsw(winsw, 'uninstall')
  throw new CommandFailure(
    `the service would run as ${actual} instead of ${account.name}, so it was removed again; use WinSW 2.12`,
  )
}

async function callWinsw(winsw: string, command: string): Promise<void> {
  try {
    await promisify(execFile)(winsw, [command], { windowsHide: true, timeout: winswMs })
  } catch (cause) {
    const said = cause instanceof Error && 'stdout' in cause ? String(cause.stdout).trim().split('\n').at(-1) : ''
    const hint = said ? `: ${said}` : ''
    throw new CommandFailure(`${winsw} ${command} failed${hint}; its own log lies beside it`, { cause })
  }
}
