/**
 * Calls relay/powershell/Invoke-EasgateWindows.ps1, which does what only Windows can: DPAPI, access lists, tasks, event log. One process for
 * each call; what it is told goes in on standard input, never as an argument, because argument lists can be read by others.
 */
import { spawn } from 'node:child_process'
import path from 'node:path'
import * as z from 'zod'
import { installed } from '../installed.ts'
import { killTree } from '../powershell/killTree.ts'

/** One operation of the script. Gives its answer without `ok`; throws a WindowsFailure. */
export type WindowsScript = (operation: string, input: object) => Promise<Readonly<Record<string, unknown>>>

/** `category` is the script's (`accessDenied`, `notWindows`, …), or `noAnswer` when it gave none. */
export class WindowsFailure extends Error {
  readonly category: string

  constructor(category: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'WindowsFailure'
    this.category = category
  }
}

export interface WindowsScriptOptions {
  /** Full path of powershell.exe. */
  readonly executable?: string
  readonly scriptPath?: string
  readonly platform?: string
  readonly env?: NodeJS.ProcessEnv
  readonly timeoutMs?: number
}

const answer = z.discriminatedUnion('ok', [
  z.looseObject({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), error: z.object({ category: z.string(), message: z.string() }) }),
])
/** Far more than any operation answers; a shell that floods is not waited for. */
const maxAnswerChars = 1_000_000

export function windowsScript(options: WindowsScriptOptions = {}): WindowsScript {
  const { platform = process.platform } = options
  const call = callOf(options)
  return async (operation, input) => {
    if (platform !== 'win32') throw new WindowsFailure('notWindows', `${operation} needs Windows; this is ${platform}`)
    return readAnswer(await run(call, asciiJson({ operation, ...input })))
  }
}

export function callOf({ env = process.env, timeoutMs = 60_000, ...options }: WindowsScriptOptions): Call {
  const { executable = windowsPowerShell(env), scriptPath = installedScript() } = options
  return { executable, scriptPath, env, timeoutMs }
}

/** Windows PowerShell 5.1, by its full path: a name would be looked for in folders that others may write to. */
function windowsPowerShell(env: NodeJS.ProcessEnv): string {
  const system = env['SystemRoot'] ?? 'C:\\Windows'
  return path.win32.join(system, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe')
}

function installedScript(): string {
  return path.join(path.dirname(installed().modulePath), 'Invoke-EasgateWindows.ps1')
}

/** Windows PowerShell reads its input in the code page of the console: in plain ASCII there is nothing to mistake. */
export function asciiJson(value: object): string {
  const escape = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escape)
}

export interface Call {
  readonly executable: string
  readonly scriptPath: string
  readonly env: NodeJS.ProcessEnv
  readonly timeoutMs: number
}

export const hostArguments = ['-NoLogo', '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'RemoteSigned', '-File']

async function run({ executable, scriptPath, env, timeoutMs }: Call, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(executable, [...hostArguments, scriptPath], { env, windowsHide: true })
    const said = { stdout: '', stderr: '' }
    const fail = (message: string, cause?: unknown) => {
      clearTimeout(timer)
      if (child.pid !== undefined && child.exitCode === null) killTree(child.pid)
      reject(new WindowsFailure('noAnswer', `${executable}: ${message}`, { cause }))
    }
    const timer = setTimeout(() => fail(`no answer in ${timeoutMs / 1000} s`), timeoutMs)
    const take = (name: 'stdout' | 'stderr') => (chunk: string) => {
      said[name] += chunk
      if (said[name].length > maxAnswerChars) fail(`more than ${maxAnswerChars} characters`)
    }
    child.stdout.setEncoding('utf8').on('data', take('stdout'))
    child.stderr.setEncoding('utf8').on('data', take('stderr'))
    child.once('error', (cause) => fail('it cannot be started; this needs Windows PowerShell 5.1', cause))
    child.once('close', (code) => {
      clearTimeout(timer)
      // What stderr says is not passed on: a host that fails early may quote its input there.
      if (said.stdout.trim() === '') fail(`it ended with exit code ${code} and without an answer`)
      else resolve(said.stdout)
    })
    child.stdin.on('error', () => {})
    child.stdin.end(`${input}\n`)
  })
}

function readAnswer(text: string): Readonly<Record<string, unknown>> {
  const parsed = answer.safeParse(parseLastLine(text))
  if (!parsed.success)
    throw new WindowsFailure('noAnswer', 'the Windows script gave an answer that easgate cannot read')
  if (!parsed.data.ok) throw new WindowsFailure(parsed.data.error.category, parsed.data.error.message)
  const { ok: _ok, ...rest } = parsed.data
  return rest
}

function parseLastLine(text: string): unknown {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '')
  } catch {
    return undefined
  }
}
