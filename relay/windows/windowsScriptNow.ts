/** The Windows script, waited for and without its answer: for the last moment of a process that ends by a fault. */
import { spawnSync } from 'node:child_process'
import { asciiJson, callOf, hostArguments, type WindowsScriptOptions } from './windowsScript.ts'

const lastMomentMs = 10_000

/** What it gives never throws: a script that fails, hangs or is not there has no effect. */
export function windowsScriptNow(options: WindowsScriptOptions = {}): (operation: string, input: object) => void {
  const { executable, scriptPath, env, timeoutMs } = callOf({ timeoutMs: lastMomentMs, ...options })
  return (operation, input) => {
    spawnSync(executable, [...hostArguments, scriptPath], {
      env,
      input: `${asciiJson({ operation, ...input })}\n`,
      timeout: timeoutMs,
      stdio: ['pipe', 'ignore', 'ignore'],
      windowsHide: true,
    })
  }
}
