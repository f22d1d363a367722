/** Step: PowerShell starts, and is one in which the module can work. Asked without the module and without the guard around it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { bad, good, known, type CheckContext, type Finding } from './checkStep.ts'

/** Version, edition, language mode, and the execution policy that a group policy sets, which no argument overrides. */
const question =
  '"$($PSVersionTable.PSVersion) $($PSVersionTable.PSEdition) $($ExecutionContext.SessionState.LanguageMode) $(Get-ExecutionPolicy -Scope MachinePolicy)"'
const args = ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', question]

/*
 * the answer                                     | finding
 * cannot be started, or says something else      | bad
 * older than 5.1, or 6                           | bad
 * another language mode than FullLanguage        | bad: AppLocker or WDAC restricts it
 * group policy: AllSigned or Restricted          | bad: the module is not signed
 * anything else                                  | good
 */
export async function checkPowerShell(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { executable } = known(context, 'config').powershell
  const startedMs = performance.now()
  const answer = await ask(executable, context.env, signal)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  if ('problem' in answer) return bad(`${executable} ${answer.problem}`, 'Check powershell.executable.')
  const { version, major, minor, edition, mode, policy } = answer
  const said = `PowerShell ${version} (${edition}), ${mode}`
  if (major < 5 || (major === 5 && minor < 1) || major === 6) {
    return bad(
      `${said}: not supported`,
      'Use Windows PowerShell 5.1 (Windows Management Framework 5.1) or PowerShell 7.',
    )
  }
  if (mode !== 'FullLanguage')
    return bad(`${said}: restricted`, 'AppLocker or WDAC restricts PowerShell: allow the folder of the relay.')
  if (policy === 'AllSigned' || policy === 'Restricted') {
    return bad(
      `${said}: a group policy sets the execution policy ${policy}`,
      'Sign the module with a certificate that this server trusts, or exempt this server.',
    )
  }
  return good(`${said}, started in ${seconds} s`)
}

type Answer =
  | { readonly problem: string }
  | {
      readonly version: string
      readonly major: number
      readonly minor: number
      readonly edition: string
      readonly mode: string
      readonly policy: string
    }

async function ask(executable: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Answer> {
  let printed: string
  try {
    const running = promisify(execFile)(executable, args, { env, signal, windowsHide: true, maxBuffer: 65_536 })
    running.child.stdin?.end()
    printed = (await running).stdout
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return {
      problem:
        typeof code === 'number' ? `ended with exit code ${code}` : `cannot be started (${String(code ?? error)})`,
    }
  }
  const line = printed.trim().split(/\r?\n/).at(-1) ?? ''
  const found = /^((\d+)\.(\d+)\S*) (\S*) (\w+) ?(\w*)$/.exec(line)
  if (!found) return { problem: `does not answer as PowerShell does: ${JSON.stringify(line.slice(0, 100))}` }
  const [, version = '', major, minor, edition = '', mode = '', policy = ''] = found
  return { version, major: Number(major), minor: Number(minor), edition, mode, policy }
}
